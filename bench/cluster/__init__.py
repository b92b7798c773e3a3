"""Measurements of an installation in a cluster."""
