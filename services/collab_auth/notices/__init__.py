"""Mails that other services want sent to people: this one alone knows the mail server, and whose address was proved."""
