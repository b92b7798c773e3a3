"""What happened that a person may want to know of."""
