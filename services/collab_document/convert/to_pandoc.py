"""From the editor's JSON to pandoc's document. Pure and total: of a node nobody knows, what is inside is written."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from collab_document.convert import ast
from collab_document.convert.nodes import Node
from collab_document.convert.rules import is_safe_href, printable
from collab_document.convert.tables import write_table

__all__ = ["to_pandoc"]

Attributes = dict[str, Any]

_MARKS: Final = ("link", "bold", "italic", "strike", "underline", "highlight", "code")
"""From the outside to the inside."""
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,40}")
_BLANKS: Final = re.compile(r"[ \t\r\n\f\v]+")
_LIST_TYPES: Final = {"a": "LowerAlpha", "A": "UpperAlpha", "i": "LowerRoman", "I": "UpperRoman"}
_LINE_PX: Final = 600
_LISTS: Final = frozenset({"bulletList", "orderedList", "taskList"})


def to_pandoc(
    content: Node, *, for_markdown: bool = False, title: str = "", pictures: Mapping[str, str] | None = None
) -> ast.Ast:
    """`for_markdown` says with HTML inside lines, and within cells, what Markdown has no signs for.

    `pictures` are addresses by the ids of attachments; of others there are words.
    """
    meta = {"title": {"t": "MetaString", "c": printable(title)}} if title else {}
    return ast.Ast(_Writer(for_markdown=for_markdown, pictures=pictures or {}).blocks(content.children), meta)


class _Run:
    """Text with the marks that are still to be written around it, or a break."""

    __slots__ = ("marks", "text")

    def __init__(self, text: str | None, marks: dict[str, Attributes]) -> None:
        self.text = text
        self.marks = marks

    def without(self, mark: str) -> "_Run":
        return _Run(self.text, {name: value for name, value in self.marks.items() if name != mark})


class _Writer:
    def __init__(self, *, for_markdown: bool, pictures: Mapping[str, str]) -> None:
        self._for_markdown = for_markdown
        self._pictures = pictures

    def blocks(self, nodes: Sequence[Node], *, is_tight: bool = False) -> list[ast.Block]:
        found: list[ast.Block] = []
        line: list[Node] = []
        for node in nodes:
            # Text where blocks should be: a line of its own.
            if node.type in {"text", "hardBreak"}:
                line.append(node)
                continue
            found += [ast.Para(self._line(line))] if line else []
            line = []
            found += self._block(node, is_tight=is_tight)
        return [*found, ast.Para(self._line(line))] if line else found

    def _block(self, node: Node, *, is_tight: bool) -> list[ast.Block]:  # noqa: PLR0911  # one line for each kind
        children = node.children
        match node.type:
            case "paragraph":
                line = self._line(children)
                return [ast.Plain(line) if is_tight else ast.Para(line)]
            case "heading":
                level = node.number("level", 1)
                return [ast.Header((min(6, max(1, level)), ast.NO_ATTR, self._line(children, without_breaks=True)))]
            case "codeBlock":
                language = node.word("language")
                classes = [language] if _LANGUAGE.fullmatch(language) else []
                text = printable("".join(child.text or "\n" for child in children))
                return [ast.CodeBlock((("", classes, []), text))]
            case "blockquote":
                return [ast.BlockQuote(self.blocks(children))]
            case "bulletList":
                return [ast.BulletList(self._items(children))]
            case "orderedList":
                style = ast.Tag(_LIST_TYPES.get(node.word("type"), "Decimal"))
                # Markdown has no numbers below zero, and none of more than nine digits.
                start = min(999_999_999, max(0, node.number("start", 1)))
                return [ast.OrderedList(((start, style, ast.Tag("Period")), self._items(children)))]
            case "taskList":
                return [ast.BulletList(self._items(children, are_tasks=True))]
            case "table":
                return write_table(node, self._cell, keeps_spans=not self._for_markdown)
            case "horizontalRule":
                return [ast.HorizontalRule()]
            case "image":
                return [ast.Para(self._picture(node))]
            case "file":
                return [ast.Para(_file(node))]
            case _:
                return self.blocks(children)

    def _items(self, items: Sequence[Node], *, are_tasks: bool = False) -> list[list[ast.Block]]:
        # Without blank lines between them, where each is a paragraph and perhaps lists below it.
        is_tight = all(
            child.type == "paragraph" if at == 0 else child.type in _LISTS
            for item in items
            for at, child in enumerate(item.children)
        )
        found: list[list[ast.Block]] = []
        for item in items:
            blocks = self.blocks(item.children, is_tight=is_tight)
            if are_tasks:
                sign = ast.Str("☒" if item.attribute("checked") is True else "☐")
                first = blocks[0] if blocks else None
                rest = first.c if isinstance(first, ast.Plain | ast.Para) else []
                line: list[ast.Inline] = [sign, ast.Space(), *rest] if rest else [sign]
                kind = ast.Plain if is_tight else ast.Para
                blocks = [kind(line), *(blocks[1:] if isinstance(first, ast.Plain | ast.Para) else blocks)]
            found.append(blocks)
        return found

    def _cell(self, cell: Node) -> list[ast.Block]:
        children = cell.children
        if not self._for_markdown:
            is_line = len(children) == 1 and children[0].type == "paragraph"
            return self.blocks(children, is_tight=is_line)
        # A line of Markdown is all a cell can be.
        lines = [line for child in children for line in self._lines(child)]
        inlines: list[ast.Inline] = []
        for line in lines:
            inlines += [*([_html("<br>")] if inlines else []), *line]
        return [ast.Plain(inlines)] if inlines else []

    def _lines(self, node: Node) -> list[list[ast.Inline]]:
        children = node.children
        match node.type:
            case "codeBlock":
                texts = "".join(child.text or "\n" for child in children).splitlines()
                return [[ast.Code((ast.NO_ATTR, printable(text)))] for text in texts if text.strip()]
            case "paragraph" | "heading":
                line = self._line(children, break_as=_html("<br>"))
                return [line] if line else []
            case "text":
                return [self._line([node])]
            case "image":
                return [self._picture(node)]
            case "file":
                return [_file(node)]
            case _:
                return [line for child in children for line in self._lines(child)]

    # Inlines

    def _picture(self, node: Node) -> list[ast.Inline]:
        words = _words(printable(node.word("alt"))) or [ast.Str("Picture")]
        address = self._pictures.get(node.word("attachment"))
        if address is None:
            return [ast.Str("["), *words, ast.Str("]")]
        scale = min(100, max(10, node.number("scale", 100)))
        # Wider than a line of text it is as wide as one; else as it is, as in the editor.
        widths = [("width", f"{scale}%")] if scale < 100 or node.number("width", 0) > _LINE_PX else []
        return [ast.Image((("", [], widths), words if node.word("alt") else [], (address, "")))]

    def _line(
        self, nodes: Sequence[Node], *, without_breaks: bool = False, break_as: ast.Inline | None = None
    ) -> list[ast.Inline]:
        runs: list[_Run] = []
        for node in nodes:
            if node.type == "text":
                text = printable(node.text)
                runs += [_Run(text, _marks(node))] if text else []
            elif node.type == "hardBreak":
                runs.append(_Run(" " if without_breaks else None, {}))
            else:
                runs += [_Run(str(text), {}) for text in _texts(node)]
        while runs and (runs[-1].text is None or not runs[-1].text.strip()):
            runs.pop()
        return self._written(runs, break_as or ast.LineBreak())

    def _written(self, runs: Sequence[_Run], line_break: ast.Inline) -> list[ast.Inline]:
        found: list[ast.Inline] = []
        at = 0
        while at < len(runs):
            mark = next((name for name in _MARKS if name in runs[at].marks), None)
            end = at + 1
            if mark is None:
                text = runs[at].text
                found += [line_break] if text is None else _words(text)
            elif mark == "code":
                found.append(ast.Code((ast.NO_ATTR, _BLANKS.sub(" ", runs[at].text or ""))))
            else:
                value = runs[at].marks[mark]
                while end < len(runs) and runs[end].marks.get(mark) == value:
                    end += 1
                found += self._wrapped(mark, value, [run.without(mark) for run in runs[at:end]], line_break)
            at = end
        return found

    def _wrapped(self, mark: str, value: Attributes, runs: list[_Run], line_break: ast.Inline) -> list[ast.Inline]:
        """Blanks at the ends stay outside: most formats have no sign for a bold blank."""
        before, runs, after = _without_blanks(runs)
        if not runs:
            return [ast.Space()]
        inside = self._written(runs, line_break)
        return [*before, *self._wrap(mark, value, inside), *after]

    def _wrap(self, mark: str, value: Attributes, inside: list[ast.Inline]) -> list[ast.Inline]:
        kinds: dict[str, Callable[[list[ast.Inline]], ast.Inline]] = {
            "bold": ast.Strong, "italic": ast.Emph, "strike": ast.Strikeout, "underline": ast.Underline,
        }  # fmt: skip
        if mark == "link":
            href, title = str(value.get("href") or ""), str(value.get("title") or "")
            if not href or not is_safe_href(href):
                return inside
            return [ast.Link((ast.NO_ATTR, inside, (printable(href), printable(title))))]
        if mark == "highlight":
            if self._for_markdown:
                return [_html("<mark>"), *inside, _html("</mark>")]
            return [ast.Span((("", ["mark"], []), inside))]
        return [kinds[mark](inside)]


def _file(node: Node) -> list[ast.Inline]:
    name = _words(printable(node.word("name"))) or [ast.Str("File")]
    size = node.number("size", 0)
    return (
        [ast.Str("["), *name, ast.Str("]")]
        if size <= 0
        else [ast.Str("["), *name, ast.Str(","), ast.Space(), ast.Str(f"{max(1, round(size / 1024))} KB]")]
    )


def _without_blanks(runs: list[_Run]) -> tuple[list[ast.Inline], list[_Run], list[ast.Inline]]:
    before: list[ast.Inline] = []
    after: list[ast.Inline] = []
    while runs and runs[0].text is not None and "code" not in runs[0].marks and runs[0].text != runs[0].text.lstrip():
        before = [ast.Space()]
        text = runs[0].text.lstrip()
        runs = [_Run(text, runs[0].marks), *runs[1:]] if text else runs[1:]
    while (
        runs and runs[-1].text is not None and "code" not in runs[-1].marks and runs[-1].text != runs[-1].text.rstrip()
    ):
        after = [ast.Space()]
        text = runs[-1].text.rstrip()
        runs = [*runs[:-1], _Run(text, runs[-1].marks)] if text else runs[:-1]
    return before, runs, after


def _words(text: str) -> list[ast.Inline]:
    found: list[ast.Inline] = []
    for at, word in enumerate(_BLANKS.split(text)):
        found += [ast.Space()] if at else []
        found += [ast.Str(word)] if word else []
    return found


def _html(tag: str) -> ast.Inline:
    return ast.RawInline(("html", tag))


def _texts(node: Node) -> list[str]:
    if node.type == "text":
        return [printable(node.text)]
    return [text for child in node.children for text in _texts(child)]


def _marks(node: Node) -> dict[str, Attributes]:
    return {mark.type: mark.attrs or {} for mark in node.marks or [] if mark.type in _MARKS}
