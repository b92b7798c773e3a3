"""People who are forgotten, and people who ask what is known of them."""
