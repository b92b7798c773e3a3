"""Roles for people and teams: given, changed, taken away and handed over."""
