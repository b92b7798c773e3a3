"""Jinja for nginx: what autoescape does for HTML, quoting does for nginx's own syntax.

Every value that a template puts in passes :func:`quote`, so that none can end a directive or open a block.
"""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from collab_platform.errors import CollabError

_BARE = re.compile(r"[A-Za-z0-9_./:@%+=,*^~\[\]-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class UnquotableError(CollabError):
    """A value that nginx has no way to write down: a control character, or a dollar sign, which starts a variable."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} cannot stand in nginx's configuration: it holds a dollar sign or a control character",
            remedy="Use a folder, a host or a name without it.",
        )


class Word(str):
    """One word of a configuration, quoted already."""

    __slots__ = ()


def quote(value: object) -> Word:
    """``value`` as one word that means itself. Raises :class:`UnquotableError`."""
    if isinstance(value, Word):
        return value
    text = _text(value)
    if "$" in text or _CONTROL.search(text):
        raise UnquotableError(text)
    return verbatim(text)


def verbatim(value: object) -> Word:
    """``value`` as one word in which a dollar sign stays what it is to nginx: a variable, or the end of a pattern."""
    text = _text(value)
    if _BARE.fullmatch(text):
        return Word(text)
    return Word('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')


def _text(value: object) -> str:
    if isinstance(value, str | int | Path | StrictUndefined) and not isinstance(value, bool):
        return str(value)  # of an undefined name: an error that names it
    raise TypeError(f"{value!r} is no text, number or path")


def configuration_templates() -> Environment:
    """For ``*.conf.j2``. An undefined name is an error."""
    return Environment(  # noqa: S701 - this is not HTML: quote() is what escapes
        loader=PackageLoader("collab_platform.gateway"),
        undefined=StrictUndefined,
        finalize=quote,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def page_templates() -> Environment:
    """For the HTML error page."""
    return Environment(
        loader=PackageLoader("collab_platform.gateway"), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
