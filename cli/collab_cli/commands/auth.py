"""``collab auth``: the keys that access tokens are signed with."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from collab_cli.answers import refusal
from collab_cli.catalogue import CATALOGUE
from collab_cli.documents import AuthRotateKeysDocument, RotatedKey
from collab_cli.group import Command
from collab_cli.options import group_app, with_session
from collab_cli.session import Session

app = group_app(CATALOGUE["auth"].summary)

_MAX_OVERLAP_S = 7 * 86_400

EXAMPLES = """\
collab auth rotate-keys
collab auth rotate-keys --overlap 3600
collab auth rotate-keys --revoke"""


@app.command("rotate-keys", cls=Command, epilog=EXAMPLES)
@with_session
def rotate_keys(
    session: Session,
    overlap_s: Annotated[
        int,
        typer.Option(
            "--overlap",
            metavar="SECONDS",
            min=0,
            max=_MAX_OVERLAP_S,
            help="Publish the new key so long before it signs.",
        ),
    ] = 600,
    *,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="A key is in wrong hands: sign with the new one at once, believe no other.")
    ] = False,
) -> None:
    """Sign access tokens with another key from now on.

    Nobody is signed out: the new key is known everywhere before it signs, and the old one as long as its tokens live.
    With --revoke services refuse the old key's tokens within ten minutes; browsers fetch new ones by themselves.
    """
    words = ["--overlap-s", str(overlap_s), *(["--revoke"] if revoke else [])]
    result = session.target.run("auth", ["collab_auth.admin", "rotate-keys", *words])
    if result.exit_code != 0:
        raise refusal("the keys are as they were", "auth", result)
    key = msgspec.json.decode(result.stdout, type=RotatedKey)
    if session.output.json:
        session.output.document(AuthRotateKeysDocument(environment=session.environment, key=key))
        return
    when = f"in {key.signs_in_s} s" if key.signs_in_s else "at once"
    session.output.text(f"The key {key.kid} signs {when}.")
