"""Profiles: what people see of each other."""
