"""Erasing people, here and in every other service, for good."""
