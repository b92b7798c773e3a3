"""Second factors: one-time codes, recovery codes and passkeys, set up and asked for at sign-in."""
