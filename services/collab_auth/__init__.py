"""Accounts and sessions: who a person is, proved by a password once and by short-lived tokens from then on."""
