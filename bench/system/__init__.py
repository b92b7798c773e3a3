"""Measurements of the whole system, as an operator and its people meet it."""
