"""Container images: what they are built from, building and publishing them, and what is written down of them."""
