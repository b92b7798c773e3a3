"""``collab env``: the environments of a project and what their settings are."""

from __future__ import annotations

import shutil
import sys
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from collab_cli import complete
from collab_cli.catalogue import CATALOGUE
from collab_cli.documents import (
    EnvExplainDocument,
    EnvInitDocument,
    EnvironmentFile,
    EnvListDocument,
    EnvPathDocument,
    Setting,
)
from collab_cli.group import Command, did_you_mean
from collab_cli.options import group_app, with_session
from collab_cli.output import is_terminal
from collab_cli.session import Session
from collab_platform.environment import Leaf, Resolved, create, environment_names, leaves
from collab_platform.errors import UsageError

app = group_app(CATALOGUE["env"].summary)


@app.command("list", cls=Command, epilog="collab env list\ncollab env list -o json")
@with_session
def list_(session: Session) -> None:
    """List the project's environments and their files."""
    names = environment_names(session.root)
    files = tuple(EnvironmentFile(name=name, path=str(_path(session, name))) for name in names)
    if session.output.json:
        session.output.document(EnvListDocument(environments=files))
        return
    width = max(map(len, names), default=0)
    for file in files:
        session.output.text(f"{file.name:<{width}}  {file.path}")
    if not files:
        session.output.note(f"No environments in {session.root / 'environments'}; `collab env init local` makes one.")


INIT_EXAMPLES = """\
collab env init staging
collab env init team-a && collab up -e team-a
collab env init production --target kubernetes"""


@app.command("init", cls=Command, epilog=INIT_EXAMPLES)
@with_session
def init(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new one.")],
    target: Annotated[
        Literal["local", "kubernetes"],
        typer.Option(metavar="local|kubernetes", help="What makes it real: this machine, or a cluster."),
    ] = "local",
) -> None:
    """Write a new environment file that explains every setting.

    It never overwrites one.
    """
    path = create(name, root=session.root, target=target)
    if session.output.json:
        session.output.document(EnvInitDocument(environment=name, path=str(path)))
        return
    session.output.text(str(path))
    state = "Every setting in it has its default" if target == "local" else "Its settings are a beginning"
    session.output.note(f"{state}. Edit it, then: collab up -e {name}")


@app.command("path", cls=Command, epilog='$EDITOR "$(collab env path)"\ncollab env path -e staging')
@with_session
def path_(session: Session) -> None:
    """Print the path of the environment's file."""
    path = _path(session, session.resolved.name)
    if session.output.json:
        session.output.document(EnvPathDocument(environment=session.resolved.name, path=str(path)))
        return
    session.output.text(str(path))


EXPLAIN_EXAMPLES = """\
collab env explain                         every setting
collab env explain --changed               those that are not at their default
collab env explain gateway.port            one setting, in full
collab env explain --set gateway.tls=dev-ca"""


@app.command("explain", cls=Command, epilog=EXPLAIN_EXAMPLES)
@with_session
def explain(
    session: Session,
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="KEY",
            help="One setting, e.g. gateway.port; or a section, e.g. gateway.",
            show_default=False,
            autocompletion=complete.setting_keys,
        ),
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only what is not at its default.")] = False,
) -> None:
    """Show each setting: its value, where that comes from, and what it means.

    A value comes from --set, else its variable, else the environment's file, else the default. Without KEY, settings
    that only another target reads are left out.
    """
    if key is None:
        chosen = [leaf for leaf in leaves().values() if leaf.concerns(session.resolved.environment.target)]
    else:
        chosen = [leaf for leaf in leaves().values() if key in {leaf.key, leaf.section}]
    if not chosen:
        raise UsageError(
            f"no such setting: {key}", remedy=did_you_mean(str(key), leaves()) or "`collab env explain` lists them"
        )
    settings = [_setting(session.resolved, leaf) for leaf in chosen]
    if changed:
        settings = [setting for setting in settings if setting.origin.kind != "default"]
    if session.output.json:
        session.output.document(EnvExplainDocument(environment=session.resolved.name, settings=tuple(settings)))
        return
    from collab_cli.views import setting_details, settings_table  # noqa: PLC0415 - draws with Rich

    if len(settings) == 1 and key == settings[0].key:
        session.output.show(setting_details(settings[0]))
    elif settings:
        terminal = is_terminal(sys.stdout)
        width = shutil.get_terminal_size().columns if terminal else sys.maxsize
        session.output.show(settings_table(settings, width=width))
    else:
        session.output.note("Every setting is at its default.")


def _path(session: Session, name: str) -> Path:
    return session.root / "environments" / f"{name}.toml"


def _setting(resolved: Resolved, leaf: Leaf) -> Setting:
    value = attrgetter(leaf.key)(resolved.environment)
    return Setting(
        key=leaf.key,
        value=tuple(msgspec.to_builtins(value)) if leaf.table else value,
        origin=resolved.origins[leaf.key],
        default=leaf.default,
        variable=leaf.variable,
        expected=leaf.expected,
        description=leaf.description,
    )
