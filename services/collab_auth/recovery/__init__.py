"""Passwords and e-mail addresses changed, proved and recovered, by mail."""
