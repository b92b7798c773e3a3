"""Signing in with a provider that speaks OpenID Connect."""
