"""Signed messages to addresses that people register, when something happens to their documents."""
