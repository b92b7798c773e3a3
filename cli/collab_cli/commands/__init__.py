"""The commands, one module each: ``app`` is what Typer makes the command of."""
