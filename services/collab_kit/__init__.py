"""What the services share: settings, logging, database, errors, tokens, telemetry and the way they are served."""
