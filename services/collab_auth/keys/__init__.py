"""The keys that access tokens are signed with, and how one follows another."""
