"""What tests of the auth service do beside calling it."""

from tests.services import Stage


def sql(stage: Stage, statement: str, value: str) -> str:
    """Run SQL with `$1` replaced: to let time pass, and to see what was stored."""
    return stage.database.psql(statement.replace("$1", value))
