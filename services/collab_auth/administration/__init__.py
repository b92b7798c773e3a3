"""Accounts as administrators change them: promoted, disabled, erased; by way of the user service, or by an operator."""
