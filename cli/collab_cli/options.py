"""The options that every command takes, before or after its name, and the decorator that hands on what they say."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Concatenate, Literal, ParamSpec

import typer
from typer.models import OptionInfo

from collab_cli import complete
from collab_cli.group import Group
from collab_cli.session import Common, Session
from collab_platform.errors import ExitCode, OperatorInterruptError

P = ParamSpec("P")

Env = Annotated[
    str | None,
    typer.Option(
        "--env",
        "-e",
        metavar="NAME",
        help="Environment to work on. [env var: COLLAB_ENV; default: local]",
        autocompletion=complete.environments,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set one value for this run; wins over variable, file and default. Repeatable.",
        autocompletion=complete.settings,
    ),
]
Output = Annotated[
    Literal["text", "json"] | None,
    typer.Option("--output", "-o", metavar="text|json", help="How to print the result. [default: text]"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no hints: results and errors alone.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="More detail; the traceback of an error.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours. [env var: NO_COLOR]")]


def _common(  # noqa: PLR0917 - only its signature is used
    env: Env = None,
    set_: Set = None,
    output: Output = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> Common:
    return Common(env, tuple(set_ or ()), output, quiet, verbose, no_color)


def with_session(command: Callable[Concatenate[Session, P], ExitCode | None]) -> Callable[..., ExitCode | None]:
    """A command function that gets the session first, for Typer: its own parameters and then the common ones.

    A short option that the command has itself is not the common one's for that command.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

    def call(ctx: typer.Context, *args: P.args, **kwargs: P.kwargs) -> ExitCode | None:
        session: Session = ctx.obj
        session.merge(_take_common(kwargs))
        try:
            return command(session, *args, **kwargs)
        except KeyboardInterrupt:
            raise OperatorInterruptError("interrupted") from None

    return _dressed(call, own, command)


def group_app(
    summary: str, *, cls: type[Group] = Group, epilog: str | None = None, completion: bool = False
) -> typer.Typer:
    """A group of commands; by itself it keeps its common options, and shows its help if no command follows."""

    def call(ctx: typer.Context, **kwargs: Any) -> None:
        session: Session = ctx.obj
        session.merge(_take_common(kwargs))
        if ctx.invoked_subcommand is None:
            typer.echo(ctx.get_help())

    call.__doc__ = summary
    app = typer.Typer(
        cls=cls,
        rich_markup_mode=None,
        invoke_without_command=True,
        subcommand_metavar="COMMAND ...",
        epilog=epilog,
        add_completion=completion,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_dressed(call, [], call))
    return app


def _take_common(values: dict[str, Any]) -> Common:
    return _common(**{name: values.pop(name) for name in inspect.signature(_common).parameters})


def _dressed(call: Callable[..., Any], own: list[inspect.Parameter], origin: Callable[..., Any]) -> Callable[..., Any]:
    """``call`` with the signature that Typer shall see."""
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    taken = {name for each in own for name in _option(each).param_decls or ()}
    common = [_without(each, taken) for each in inspect.signature(_common, eval_str=True).parameters.values()]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (context, *own, *common)]
    call.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess] - PEP 362
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__name__, call.__doc__ = origin.__name__, origin.__doc__
    return call


def _option(parameter: inspect.Parameter) -> OptionInfo:
    found = getattr(parameter.annotation, "__metadata__", ())
    return next((each for each in found if isinstance(each, OptionInfo)), OptionInfo())


def _without(parameter: inspect.Parameter, taken: set[str]) -> inspect.Parameter:
    option = _option(parameter)
    names = option.param_decls or ()
    if taken.isdisjoint(names):
        return parameter
    left = copy.copy(option)
    left.param_decls = tuple(name for name in names if name not in taken)
    return parameter.replace(annotation=Annotated[parameter.annotation.__origin__, left])
