"""Documents: what they are called, who may do what with them, and the ticket to edit one together."""
