"""A document in forms that people and other programs read: plain text, JSON, HTML, Markdown."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from collab_collaboration.content.tree import Element, Json, Node, Root, Run, read_roots

__all__ = ["FORMATS", "Format", "render"]

Format = Literal["yjs", "text", "json", "html", "markdown"]
FORMATS: Final[tuple[Format, ...]] = ("yjs", "text", "json", "html", "markdown")

_LINK_SCHEMES: Final = ("http", "https", "mailto")


def render(state: bytes, form: Format) -> bytes:
    """A document's state as `form`, text as UTF-8. Maps and arrays are in `json` only. Raises `Unmergeable`."""
    if form == "yjs":
        return state
    roots = read_roots(state)
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(roots), indent=2) + b"\n"
    parts = [_written(root, form) for root in roots.values()]
    return "\n".join(part for part in parts if part).encode()


def _written(root: Root, form: Format) -> str:
    if isinstance(root, str):
        return f"<pre>{html.escape(root)}</pre>\n" if form == "html" else f"{root}\n"
    if not isinstance(root, list):
        return ""
    nodes = [node for node in root if isinstance(node, (Element, Run))]
    if form == "html":
        return _html(nodes)
    return f"{_blocks(nodes)}\n" if form == "markdown" and nodes else _text(nodes)


def _is_textblock(nodes: Sequence[Node]) -> bool:
    return any(isinstance(node, Run) or node.tag == "hardBreak" for node in nodes)


# Plain text


def _text(nodes: Sequence[Node]) -> str:
    """A line for each block of text."""
    return "".join(node.text if isinstance(node, Run) else _text_of(node) for node in nodes)


def _text_of(element: Element) -> str:
    if element.tag == "hardBreak":
        return "\n"
    inner = _text(element.children)
    return f"{inner}\n" if not element.children or _is_textblock(element.children) else inner


# HTML

_HTML_TAGS: Final = {
    "paragraph": "p", "blockquote": "blockquote", "bulletList": "ul", "orderedList": "ol", "listItem": "li",
    "taskList": "ul", "table": "table", "tableRow": "tr", "tableCell": "td", "tableHeader": "th",
}  # fmt: skip
_HTML_MARKS: Final = {
    "code": "code", "bold": "strong", "italic": "em", "strike": "s", "underline": "u", "highlight": "mark",
}  # fmt: skip


def _html(nodes: Sequence[Node]) -> str:
    return "".join(_html_run(node) if isinstance(node, Run) else _html_element(node) for node in nodes)


def _html_element(element: Element) -> str:
    inner = _html(element.children)
    special: dict[str, Callable[[], str]] = {
        "hardBreak": lambda: "<br>",
        "horizontalRule": lambda: "<hr>\n",
        "heading": lambda: f"<h{_level(element)}>{inner}</h{_level(element)}>\n",
        "codeBlock": lambda: f"<pre><code>{inner}</code></pre>\n",
        "taskItem": lambda: (
            f'<li><input type="checkbox" disabled{" checked" if _is_checked(element) else ""}>{inner}</li>\n'
        ),
    }
    if element.tag in special:
        return special[element.tag]()
    tag = _HTML_TAGS.get(element.tag)
    return f"<{tag}>{inner}</{tag}>\n" if tag else f'<div data-type="{html.escape(element.tag)}">{inner}</div>\n'


def _html_run(run: Run) -> str:
    text = html.escape(run.text)
    for mark, tag in _HTML_MARKS.items():
        if mark in run.marks:
            text = f"<{tag}>{text}</{tag}>"
    target = _link(run.marks)
    return f'<a href="{html.escape(target)}">{text}</a>' if target else text


# Markdown

_MARKDOWN_MARKS: Final = {"bold": "**", "italic": "*", "strike": "~~"}
_MARKDOWN_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~])")


def _blocks(nodes: Sequence[Node]) -> str:
    if _is_textblock(nodes):
        return "".join(_markdown_run(node) if isinstance(node, Run) else _block(node) for node in nodes)
    return "\n\n".join(_block(node) for node in nodes if isinstance(node, Element))


def _block(element: Element) -> str:
    children = element.children
    special: dict[str, Callable[[], str]] = {
        "hardBreak": lambda: "\\\n",
        "horizontalRule": lambda: "---",
        "heading": lambda: f"{'#' * _level(element)} {_blocks(children)}",
        "codeBlock": lambda: _fenced(_text(children)),
        "blockquote": lambda: "\n".join(f"> {line}".rstrip() for line in _blocks(children).splitlines()),
        "bulletList": lambda: _list(children, lambda _, __: "- "),
        "orderedList": lambda: _list(children, lambda number, _: f"{number}. "),
        "taskList": lambda: _list(children, lambda _, item: f"- [{'x' if _is_checked(item) else ' '}] "),
        "table": lambda: _table(children),
    }
    return special[element.tag]() if element.tag in special else _blocks(children)


def _fenced(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _list(items: Sequence[Node], sign: Callable[[int, Element], str]) -> str:
    lines: list[str] = []
    for number, item in enumerate((item for item in items if isinstance(item, Element)), 1):
        indent = " " * len(sign(number, item).partition("[")[0])
        lines.append(sign(number, item) + _blocks(item.children).replace("\n\n", "\n").replace("\n", f"\n{indent}"))
    return "\n".join(lines)


def _table(rows: Sequence[Node]) -> str:
    cells = [
        [_text(cell.children).strip().replace("\n", " ").replace("|", "\\|") for cell in _elements(row.children)]
        for row in _elements(rows)
    ]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([*lines[:1], f"|{' --- |' * len(cells[0])}", *lines[1:]]) if cells else ""


def _elements(nodes: Sequence[Node]) -> list[Element]:
    return [node for node in nodes if isinstance(node, Element)]


def _markdown_run(run: Run) -> str:
    text = f"`{run.text}`" if "code" in run.marks else _MARKDOWN_SPECIAL.sub(r"\\\1", run.text)
    # Signs stand close to the words: `**bold** `, not `**bold **`.
    core = text.strip()
    if not core:
        return text
    before, _, after = text.partition(core)
    for mark, sign in _MARKDOWN_MARKS.items():
        if mark in run.marks:
            core = f"{sign}{core}{sign}"
    target = _link(run.marks)
    return f"{before}[{core}](<{target}>){after}" if target else f"{before}{core}{after}"


# What the editor means


def _level(heading: Element) -> int:
    level = heading.attributes.get("level")
    return min(6, max(1, int(level))) if isinstance(level, (int, float)) else 1


def _is_checked(item: Element) -> bool:
    return item.attributes.get("checked") in {True, "true"}


def _link(marks: Mapping[str, Json]) -> str | None:
    """Where a link leads, if that may be written into a page."""
    link = marks.get("link")
    target = link.get("href") if isinstance(link, dict) else None
    if isinstance(target, str) and urlsplit(target).scheme in _LINK_SCHEMES and not set(target) & set("<>\n\r"):
        return target
    return None
