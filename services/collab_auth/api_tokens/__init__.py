"""API tokens: what a person gives to a program that acts for them, with fewer rights than they have."""
