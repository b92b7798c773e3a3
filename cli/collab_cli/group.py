"""Help and command look-up: commands that load when called, help that groups and gives examples."""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer.main
from typer.core import TyperCommand, TyperGroup

from collab_cli.catalogue import CATALOGUE
from collab_cli.coercion import coerced_by_msgspec
from collab_platform.errors import UsageError

if TYPE_CHECKING:
    # Typer carries its own copy of Click in a private package, yet names its types in the methods one overrides.
    from typer._click import Command as ClickCommand  # pyright: ignore[reportPrivateUsage]
    from typer._click import Context, HelpFormatter, Parameter  # pyright: ignore[reportPrivateUsage]
    from typer._click.shell_completion import CompletionItem  # pyright: ignore[reportPrivateUsage]

COMMON_OPTIONS = ("env", "set_", "output", "quiet", "verbose", "no_color")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words as a question, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f"did you mean `{near[0]}`?" if near else ""


def command_app() -> typer.Typer:
    """What a module of ``collab_cli.commands`` with one command registers it at."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)


class Command(TyperCommand):
    """A command whose ``epilog`` holds its examples, one a line."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        return coerced_by_msgspec(super().get_params(ctx))

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        _format_parameters(self, ctx, formatter)

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - Click's signature
        if self.epilog:
            with formatter.section("Examples"):
                _write_verbatim(formatter, self.epilog)


class Group(TyperGroup):
    """A group of commands that suggests the nearest name for an unknown one; ``epilog`` is shown as it stands."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        return coerced_by_msgspec(super().get_params(ctx))

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, ClickCommand | None, list[str]]:
        known = self.list_commands(ctx)
        if args[0] not in known and not ctx.resilient_parsing:
            raise UsageError(
                f"no such command: {ctx.command_path} {args[0]}",
                remedy=did_you_mean(args[0], known) or f"{ctx.command_path} --help",
            )
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        _format_parameters(self, ctx, formatter)

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - Click's signature
        if self.epilog:
            formatter.write_paragraph()
            _write_verbatim(formatter, self.epilog)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(self.get_command(ctx, name))) for name in self.list_commands(ctx)])


class LazyGroup(Group):
    """The root: its commands are modules of ``collab_cli.commands``, imported when called."""

    _naming = False

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - Click's signature
        return list(CATALOGUE)

    def get_command(self, ctx: Context, cmd_name: str) -> ClickCommand | None:  # noqa: ARG002 - Click's signature
        if cmd_name not in CATALOGUE:
            return None
        if self._naming:
            return Command(cmd_name, short_help=CATALOGUE[cmd_name].summary.rstrip("."))
        return typer.main.get_command(importlib.import_module(f"collab_cli.commands.{cmd_name}").app)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        self._naming = True  # the shell wants the names alone: import nothing for them
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._naming = False

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - Click's signature
        width = max(map(len, CATALOGUE))
        for section in dict.fromkeys(entry.section for entry in CATALOGUE.values()):
            with formatter.section(section):
                formatter.write_dl(
                    [
                        (name.ljust(width), entry.summary.rstrip("."))
                        for name, entry in CATALOGUE.items()
                        if entry.section == section
                    ]
                )


def _format_parameters(command: ClickCommand, ctx: Context, formatter: HelpFormatter) -> None:
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Common options": []}
    for parameter in command.get_params(ctx):
        if record := parameter.get_help_record(ctx):
            common = parameter.name in (*COMMON_OPTIONS, "help")
            section = "Common options" if common else f"{parameter.param_type_name.capitalize()}s"
            sections[section].append((re.sub(r" <.*>$", "", record[0]), record[1]))
    for title, records in sections.items():
        if records:
            with formatter.section(title):
                formatter.write_dl(records, col_max=24)


def _summary(command: ClickCommand | None) -> str:
    return (command.help or "").partition("\n")[0].rstrip(".") if command else ""


def _write_verbatim(formatter: HelpFormatter, text: str) -> None:
    for line in text.strip("\n").splitlines():
        formatter.write(f"{'':>{formatter.current_indent}}{line}".rstrip() + "\n")
