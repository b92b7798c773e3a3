"""From pandoc's document to the editor's JSON. Pure and total: what the editor has no node for becomes what is closest.

What cannot be kept at all, such as pictures, is counted and told as warnings.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from unicodedata import east_asian_width
from urllib.parse import unquote

from collab_document.convert import ast
from collab_document.convert.rules import is_safe_href, printable
from collab_document.convert.tables import read_table

__all__ = ["Json", "from_pandoc", "plain_words"]

Json = dict[str, Any]
"""A node of the editor, as ProseMirror's `toJSON` writes it."""
Marks = dict[str, Json]
"""Attributes of marks by name."""

MAX_DEPTH: Final = 25
"""Most lists, quotations and tables inside each other; each may be three nodes of the editor, which has at most 100."""
_MAX_RAW_BLOCKS: Final = 50
"""So many pieces of HTML inside Markdown are read as HTML; of more, the words alone."""
_MARK_ORDER: Final = ("link", "bold", "code", "italic", "strike", "underline", "highlight")
_HTML_MARKS: Final = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "s": "strike", "del": "strike", "strike": "strike",
    "u": "underline", "ins": "underline", "mark": "highlight", "code": "code",
}  # fmt: skip
_HTML_TAG: Final = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z]+)[\s/>]")
_HTML_IGNORED: Final = re.compile(r"<!--.*?-->|<(script|style)\b.*?(</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_CHECKED: Final = {"☐": False, "☒": True, "☑": True}
_LIST_TYPES: Final = {"LowerAlpha": "a", "UpperAlpha": "A", "LowerRoman": "i", "UpperRoman": "I"}
_QUOTES: Final = {"SingleQuote": ("\u2018", "\u2019"), "DoubleQuote": ("\u201c", "\u201d")}
_BREAK: Final[Json] = {"type": "hardBreak"}

ReadHtml = Callable[[str], Sequence[ast.Block]]


def from_pandoc(blocks: Sequence[ast.Block], *, read_html: ReadHtml | None = None) -> tuple[Json, list[str]]:
    """A document that follows the editor's schema, and what was lost. `read_html` reads HTML in other formats."""
    reader = _Reader(read_html)
    content = reader.blocks(blocks, 0)
    content += reader.footnotes()
    return {"type": "doc", "content": content or [{"type": "paragraph"}]}, reader.warnings()


def plain_words(inlines: Sequence[ast.Inline]) -> str:
    """The text alone, in one line."""
    nodes = _Reader(None).inlines(inlines)
    return " ".join("".join(node.get("text", " ") for node in nodes).split())


class _Reader:
    def __init__(self, read_html: ReadHtml | None) -> None:
        self._read_html = read_html
        self._raw_blocks = 0
        self._notes: list[Sequence[ast.Block]] = []
        self._pictures_dropped = 0
        self._pictures_linked = 0
        self._links_dropped = 0
        self._flattened = False

    def warnings(self) -> list[str]:
        found = [
            (self._pictures_dropped, "Pictures left out: {}."),
            (self._pictures_linked, "Pictures that became links: {}."),
            (self._links_dropped, "Links left out because they lead nowhere safe: {}."),
            (len(self._notes), "Footnotes moved to the end: {}."),
        ]
        told = [words.format(number) for number, words in found if number]
        return [*told, "What was nested too deep was flattened."] if self._flattened else told

    def footnotes(self) -> list[Json]:
        found: list[Json] = [{"type": "horizontalRule"}] if self._notes else []
        # A note may have notes, which come after it.
        number = 0
        while number < len(self._notes):
            note = self.blocks(self._notes[number], 0)
            number += 1
            words: list[Json] = []
            if note and note[0]["type"] == "paragraph":
                words = note.pop(0).get("content", [])
            found += [_paragraph([_text(f"[{number}] ", {}), *words]), *note]
        return found

    # Blocks

    def blocks(self, blocks: Iterable[ast.Block], depth: int) -> list[Json]:
        found: list[Json] = []
        raw: list[str] = []
        for block in blocks:
            if isinstance(block, ast.RawBlock):
                raw += [block.c[1]] if block.c[0] == "html" else []
                continue
            found += self._raw(raw, depth)
            raw = []
            found += self._block(block, depth)
        return found + self._raw(raw, depth)

    def _block(self, block: ast.Block, depth: int) -> list[Json]:  # noqa: PLR0911  # one line for each kind
        match block:
            case ast.Plain(c) | ast.Para(c):
                line = self.inlines(c)
                return [_paragraph(line)] if line else []
            case ast.LineBlock(c):
                lines = [self.inlines(line) for line in c]
                return [_paragraph(_with_breaks(lines))] if lines else []
            case ast.Header((level, _, c)):
                line = self.inlines(c)
                return (
                    [{"type": "heading", "attrs": {"level": min(3, max(1, level))}, **_content(line)}] if line else []
                )
            case ast.CodeBlock(((_, classes, _), text)):
                return [_code_block(classes, text)]
            case ast.HorizontalRule():
                return [{"type": "horizontalRule"}]
            case ast.RawBlock():
                return []
            case ast.Div((_, c)):
                return self.blocks(c, depth)
            case ast.Figure((_, (_, caption), c)):
                return self.blocks([*c, *caption], depth)
            case ast.DefinitionList(c):
                return self._definitions(c, depth)
            case _:
                return self._container(block, depth)

    def _container(self, block: ast.Block, depth: int) -> list[Json]:
        inside: Callable[[Iterable[ast.Block]], list[Json]]
        inside = lambda blocks: self.blocks(blocks, depth + 1)  # noqa: E731
        flat = depth >= MAX_DEPTH
        self._flattened |= flat
        match block:
            case ast.BlockQuote(c):
                content = inside(c)
                return content if flat else [{"type": "blockquote", "content": content}] if content else []
            case ast.BulletList(c):
                items = [self._item(blocks, inside) for blocks in c]
                return _flat(items) if flat else _list(items)
            case ast.OrderedList(((start, style, _), c)):
                items = [(None, self._item(blocks, inside)[1]) for blocks in c]
                attributes = {"start": min(2**31, max(-(2**31), start)), "type": _LIST_TYPES.get(style.t)}
                return _flat(items) if flat else _list(items, attributes)
            case ast.Table((_, (_, caption), columns, head, bodies, foot)):
                before = inside(caption)
                if flat:
                    rows = [
                        *head.rows,
                        *(row for body in bodies for row in [*body.intermediate, *body.rows]),
                        *foot.rows,
                    ]
                    return before + [node for row in rows for cell in row.cells for node in inside(cell.blocks)]
                return before + read_table([align.t for align, _ in columns], head, bodies, foot, inside)
            case _:
                return []

    def _item(
        self, blocks: Sequence[ast.Block], inside: Callable[[Iterable[ast.Block]], list[Json]]
    ) -> tuple[bool | None, list[Json]]:
        """Whether it is ticked, for a task; and what is in it."""
        first = blocks[0] if blocks else None
        checked = None
        if isinstance(first, ast.Plain | ast.Para) and first.c and isinstance(first.c[0], ast.Str):
            checked = _CHECKED.get(first.c[0].c)
            if checked is not None:
                rest = first.c[1:]
                blocks = [ast.Plain(rest), *blocks[1:]] if rest else blocks[1:]
        return checked, inside(blocks)

    def _definitions(self, entries: Sequence[tuple[list[ast.Inline], list[list[ast.Block]]]], depth: int) -> list[Json]:
        found: list[Json] = []
        for term, definitions in entries:
            found += self._block(ast.Para([ast.Strong(term)]), depth)
            for definition in definitions:
                found += self.blocks(definition, depth)
        return found

    def _raw(self, pieces: Sequence[str], depth: int) -> list[Json]:
        """HTML that stands by itself in another format."""
        html = _HTML_IGNORED.sub("", "\n".join(pieces))
        if not re.sub(r"<[^>]*>", "", html).strip() and "<img" not in html:
            return []
        self._raw_blocks += 1
        if self._read_html is not None and self._raw_blocks <= _MAX_RAW_BLOCKS:
            return self.blocks(self._read_html(html), depth)
        words = " ".join(re.sub(r"<[^>]*>", " ", html).split())
        return [_paragraph([_text(words, {})])] if words else []

    # Inlines

    def inlines(self, inlines: Sequence[ast.Inline]) -> list[Json]:
        """As a paragraph holds them: texts of the same marks joined, no break at either end."""
        lines: list[list[Json]] = [[]]
        for node in _joined(self._inlines(inlines, {})):
            if node is _BREAK:
                lines.append([])
            else:
                lines[-1].append(node)
        return _without_outer_breaks(_with_breaks(_trimmed(line) for line in lines))

    def _inlines(self, inlines: Sequence[ast.Inline], marks: Marks) -> list[Json]:
        found: list[Json] = []
        tags: list[str] = []
        for at, inline in enumerate(inlines):
            now = {**marks, **{_HTML_MARKS[tag]: {} for tag in tags}}
            if isinstance(inline, ast.RawInline):
                found += self._raw_inline(inline, tags)
            elif isinstance(inline, ast.SoftBreak):
                if not _is_between_wide(inlines, at):
                    found.append(_text(" ", now))
            else:
                found += self._inline(inline, now)
        return found

    def _inline(self, inline: ast.Inline, marks: Marks) -> list[Json]:  # noqa: PLR0911, PLR0912  # one line for each kind
        match inline:
            case ast.Str(c):
                return [_text(c, marks)]
            case ast.Space() | ast.SoftBreak():
                return [_text(" ", marks)]
            case ast.LineBreak():
                return [_BREAK]
            case ast.Emph(c):
                return self._inlines(c, {**marks, "italic": {}})
            case ast.Strong(c):
                return self._inlines(c, {**marks, "bold": {}})
            case ast.Underline(c):
                return self._inlines(c, {**marks, "underline": {}})
            case ast.Strikeout(c):
                return self._inlines(c, {**marks, "strike": {}})
            case ast.Superscript(c) | ast.Subscript(c) | ast.SmallCaps(c) | ast.Cite((_, c)):
                return self._inlines(c, marks)
            case ast.Span(((_, classes, _), c)):
                return self._inlines(c, {**marks, "highlight": {}} if "mark" in classes else marks)
            case ast.Quoted((kind, c)):
                before, after = _QUOTES.get(kind.t, _QUOTES["DoubleQuote"])
                return [_text(before, marks), *self._inlines(c, marks), _text(after, marks)]
            case ast.Code((_, c)):
                return [_text(" ".join(c.split("\n")), {**marks, "code": {}})]
            case ast.Math((kind, c)):
                sign = "$$" if kind.t == "DisplayMath" else "$"
                return [_text(f"{sign}{' '.join(c.split())}{sign}", marks)]
            case ast.Link((_, c, (target, title))):
                return self._inlines(c or [ast.Str(target)], self._linked(marks, target, title))
            case ast.Image((_, c, (target, title))):
                return self._picture(c, target, title, marks)
            case ast.Note(c):
                self._notes.append(c)
                return [_text(f"[{len(self._notes)}]", marks)]
            case ast.RawInline():
                return []

    def _linked(self, marks: Marks, target: str, title: str) -> Marks:
        target = printable(target.strip())
        # pandoc escapes blanks and control characters, which a browser might have left out.
        if not target or not is_safe_href(unquote(target)):
            self._links_dropped += 1
            return marks
        attributes = {
            "href": target,
            "target": "_blank",
            "rel": "noopener noreferrer nofollow",
            "class": None,
            "title": printable(title) or None,
        }
        return {**marks, "link": attributes}

    def _picture(self, words: Sequence[ast.Inline], target: str, title: str, marks: Marks) -> list[Json]:
        if not target.lower().startswith(("http://", "https://")):
            self._pictures_dropped += 1
            return []
        self._pictures_linked += 1
        return self._inlines(words or [ast.Str(target)], self._linked(marks, target, title))

    def _raw_inline(self, raw: ast.RawInline, tags: list[str]) -> list[Json]:
        """A tag of HTML inside a line: it begins or ends a mark, or is a break."""
        form, text = raw.c
        found = _HTML_TAG.match(text) if form == "html" else None
        if found is None:
            return []
        name = found["name"].lower()
        if name == "br":
            return [_BREAK]
        if name == "img":
            self._pictures_dropped += 1
        elif name in _HTML_MARKS and not found["end"]:
            tags.append(name)
        elif name in tags:
            del tags[len(tags) - 1 - tags[::-1].index(name)]
        return []


def _text(words: str, marks: Marks) -> Json:
    # To the editor, code excludes all other marks; an address is worth more than a typeface.
    if "code" in marks:
        marks = {"link": marks["link"]} if "link" in marks else {"code": {}}
    listed = [
        {"type": name, **({"attrs": marks[name]} if marks[name] else {})} for name in _MARK_ORDER if name in marks
    ]
    return {"type": "text", **({"marks": listed} if listed else {}), "text": printable(words)}


def _joined(line: Iterable[Json]) -> list[Json]:
    found: list[Json] = []
    for node in line:
        if node["type"] == "text" and not node["text"]:
            continue
        last = found[-1] if found else None
        if last and node["type"] == last["type"] == "text" and node.get("marks") == last.get("marks"):
            found[-1] = {**last, "text": last["text"] + node["text"]}
        else:
            found.append(node)
    return found


def _trimmed(line: list[Json]) -> list[Json]:
    """Texts without blanks at the ends of the line."""
    for end in (0, -1):
        while line:
            node = line[end]
            text = node["text"].lstrip(" ") if end == 0 else node["text"].rstrip(" ")
            if text:
                line[end] = {**node, "text": text}
                break
            del line[end]
    return line


def _without_outer_breaks(line: list[Json]) -> list[Json]:
    while line and line[0] is _BREAK:
        del line[0]
    while line and line[-1] is _BREAK:
        del line[-1]
    return line


def _with_breaks(lines: Iterable[list[Json]]) -> list[Json]:
    found: list[Json] = []
    for at, line in enumerate(lines):
        found += [_BREAK, *line] if at else line
    return found


def _content(children: list[Json]) -> Json:
    return {"content": children} if children else {}


def _paragraph(line: list[Json]) -> Json:
    return {"type": "paragraph", **_content(_joined(line))}


def _code_block(classes: Sequence[str], text: str) -> Json:
    names = [name.removeprefix("language-") for name in classes if name not in {"sourceCode", "numberLines"}]
    text = printable(text)
    return {
        "type": "codeBlock",
        "attrs": {"language": printable(names[0])[:50] or None if names else None},
        **_content([{"type": "text", "text": text}] if text else []),
    }


def _list(items: Sequence[tuple[bool | None, list[Json]]], ordered: Json | None = None) -> list[Json]:
    if not items:
        return []
    are_tasks = ordered is None and all(checked is not None for checked, _ in items)
    nodes: list[Json] = []
    for checked, inside in items:
        content = list(inside)
        if not are_tasks and checked is not None:
            content.insert(0, _paragraph([_text("☒" if checked else "☐", {})]))
        if not content or content[0]["type"] != "paragraph":
            content.insert(0, {"type": "paragraph"})
        nodes.append({
            "type": "taskItem" if are_tasks else "listItem",
            **({"attrs": {"checked": checked}} if are_tasks else {}),
            "content": content,
        })  # fmt: skip
    if ordered is not None:
        return [{"type": "orderedList", "attrs": ordered, "content": nodes}]
    return [{"type": "taskList" if are_tasks else "bulletList", "content": nodes}]


def _flat(items: Sequence[tuple[bool | None, list[Json]]]) -> list[Json]:
    return [node for _, content in items for node in content]


def _is_between_wide(inlines: Sequence[ast.Inline], at: int) -> bool:
    """Lines of Chinese or Japanese are broken anywhere: no blank is meant."""
    if not 0 < at < len(inlines) - 1:
        return False
    before, after = inlines[at - 1], inlines[at + 1]
    if not isinstance(before, ast.Str) or not isinstance(after, ast.Str) or not before.c or not after.c:
        return False
    return all(east_asian_width(character) in {"W", "F"} for character in (before.c[-1], after.c[0]))
