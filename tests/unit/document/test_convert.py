"""Between the editor's JSON and pandoc's, without pandoc: every node and mark, and what has no counterpart."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab_collaboration.content.writing import from_json
from collab_document.convert import ast
from collab_document.convert.from_pandoc import from_pandoc
from collab_document.convert.nodes import Node
from collab_document.convert.to_pandoc import to_pandoc
from tests.unit.collaboration.content_documents import documents

N = ast.NO_ATTR


def words(*texts: str) -> list[ast.Inline]:
    found: list[ast.Inline] = []
    for at, text in enumerate(texts):
        found += [ast.Space(), ast.Str(text)] if at else [ast.Str(text)]
    return found


def node(kind: str, *content: Any, **attributes: Any) -> dict[str, Any]:
    return {
        "type": kind,
        **({"attrs": attributes} if attributes else {}),
        **({"content": list(content)} if content else {}),
    }


def text(words: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", **({"marks": [{"type": name} for name in marks]} if marks else {}), "text": words}


def paragraph(*inline: Any) -> dict[str, Any]:
    return node("paragraph", *(text(each) if isinstance(each, str) else each for each in inline))


def read(*blocks: ast.Block) -> list[dict[str, Any]]:
    content, _ = from_pandoc(blocks)
    from_json(content)  # the editor's schema allows it
    return content["content"]


def written(*nodes: dict[str, Any], for_markdown: bool = False) -> list[ast.Block]:
    content = msgspec.convert(node("doc", *nodes), Node)
    return to_pandoc(content, for_markdown=for_markdown).blocks


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        (ast.Emph(words("a")), [text("a", "italic")]),
        (ast.Strong(words("a")), [text("a", "bold")]),
        (ast.Underline(words("a")), [text("a", "underline")]),
        (ast.Strikeout(words("a")), [text("a", "strike")]),
        (ast.Superscript(words("a")), [text("a")]),
        (ast.Subscript(words("a")), [text("a")]),
        (ast.SmallCaps(words("a")), [text("a")]),
        (ast.Cite(([], words("a"))), [text("a")]),
        (ast.Code((N, "a\nb")), [text("a b", "code")]),
        (ast.Strong([ast.Code((N, "a"))]), [text("a", "code")]),
        (ast.Span((("", ["mark"], []), words("a"))), [text("a", "highlight")]),
        (ast.Span((N, words("a"))), [text("a")]),
        (ast.Quoted((ast.Tag("SingleQuote"), words("a"))), [text("\u2018a\u2019")]),
        (ast.Quoted((ast.Tag("DoubleQuote"), words("a"))), [text("\u201ca\u201d")]),
        (ast.Math((ast.Tag("InlineMath"), "x^2")), [text("$x^2$")]),
        (ast.Math((ast.Tag("DisplayMath"), "x\n^2")), [text("$$x ^2$$")]),
        (ast.Strong([ast.Emph(words("a", "b"))]), [text("a b", "bold", "italic")]),
        (ast.Image((N, words("a"), ("file.png", ""))), []),
        (ast.Link((N, words("a"), ("javascript:x", ""))), [text("a")]),
        (ast.RawInline(("latex", "\\x")), []),
        (ast.Str("a\x00\x0bb\ud800"), [text("ab")]),
        (ast.LineBreak(), []),
    ],
)
def test_inlines_are_read(inline: ast.Inline, expected: list[Any]) -> None:
    assert read(ast.Para([inline, *words("z")]))[0]["content"][: len(expected)] == expected or read(
        ast.Para([inline])
    ) == [paragraph(*expected)]
    assert read(ast.Plain([inline])) == [paragraph(*expected)]


def test_links_and_pictures() -> None:
    attributes = {"target": "_blank", "rel": "noopener noreferrer nofollow", "class": None}
    link = {"type": "link", "attrs": {"href": "https://x.org", "title": "t", **attributes}}
    assert read(ast.Para([ast.Link((N, words("a"), ("https://x.org", "t")))])) == [
        paragraph({"type": "text", "marks": [link], "text": "a"})
    ]
    # Code in a link: the address stays.
    assert read(ast.Para([ast.Link((N, [ast.Code((N, "a"))], ("https://x.org", "t")))])) == [
        paragraph({"type": "text", "marks": [link], "text": "a"})
    ]
    content, warnings = from_pandoc(
        [ast.Para([ast.Image((N, words("alt"), ("https://x.org", "t"))), ast.Image((N, [], ("data:x", "")))])]
    )
    assert content["content"] == [paragraph({"type": "text", "marks": [link], "text": "alt"})]
    assert warnings == ["Pictures left out: 1.", "Pictures that became links: 1."]


def test_html_inside_lines() -> None:
    def tag(name: str) -> ast.Inline:
        return ast.RawInline(("html", f"<{name}>"))

    line = [tag("u"), ast.Str("a"), tag("mark"), ast.Str("b"), tag("/u"), ast.Str("c"), tag("/mark"), tag("br/")]
    assert read(ast.Para([*line, ast.Str("d"), tag("/b"), tag("span class='x'"), ast.Str("e")])) == [
        paragraph(
            text("a", "underline"),
            text("b", "underline", "highlight"),
            text("c", "highlight"),
            node("hardBreak"),
            text("de"),
        )
    ]


def test_lines_of_chinese_are_joined_without_blanks() -> None:
    assert read(ast.Para([ast.Str("漢字"), ast.SoftBreak(), ast.Str("仮名")])) == [paragraph("漢字仮名")]
    assert read(ast.Para([ast.Str("漢字"), ast.SoftBreak(), ast.Str("word")])) == [paragraph("漢字 word")]


def test_blocks_are_read() -> None:
    assert read(
        ast.Header((5, N, words("h"))),
        ast.CodeBlock((("", ["sourceCode", "language-c++"], []), "x")),
        ast.CodeBlock((N, "")),
        ast.HorizontalRule(),
        ast.BlockQuote([ast.Para(words("q"))]),
        ast.BlockQuote([]),
        ast.LineBlock([words("a"), [], words("b")]),
        ast.Div((N, [ast.Para(words("d"))])),
        ast.DefinitionList([(words("t"), [[ast.Plain(words("d"))]])]),
        ast.Figure((N, (None, [ast.Plain(words("c"))]), [ast.Plain(words("f"))])),
        ast.Para([]),
        ast.RawBlock(("latex", "x")),
    ) == [
        node("heading", text("h"), level=3),
        node("codeBlock", text("x"), language="c++"),
        node("codeBlock", language=None),
        node("horizontalRule"),
        node("blockquote", paragraph("q")),
        paragraph("a", node("hardBreak"), node("hardBreak"), "b"),
        paragraph("d"),
        paragraph(text("t", "bold")),
        paragraph("d"),
        paragraph("f"),
        paragraph("c"),
    ]


def test_lists_are_read() -> None:
    box, tick = ast.Plain([ast.Str("☐"), ast.Space(), ast.Str("a")]), ast.Plain([ast.Str("☒")])
    assert read(
        ast.BulletList([[ast.Plain(words("a"))], [ast.CodeBlock((N, "x"))], []]),
        ast.OrderedList(((3, ast.Tag("LowerRoman"), ast.Tag("Period")), [[box]])),
        ast.BulletList([[box], [tick, ast.Para(words("b"))]]),
        ast.BulletList([[box], [ast.Plain(words("b"))]]),
        ast.BulletList([]),
    ) == [
        node(
            "bulletList",
            node("listItem", paragraph("a")),
            node("listItem", paragraph(), node("codeBlock", text("x"), language=None)),
            node("listItem", paragraph()),
        ),
        node("orderedList", node("listItem", paragraph("a")), start=3, type="i"),
        node(
            "taskList",
            node("taskItem", paragraph("a"), checked=False),
            node("taskItem", paragraph("b"), checked=True),
        ),
        node(
            "bulletList",
            node("listItem", paragraph("☐"), paragraph("a")),
            node("listItem", paragraph("b")),
        ),
    ]


def test_footnotes_come_at_the_end() -> None:
    inner = ast.Note([ast.Para(words("inner"))])
    content, warnings = from_pandoc(
        [
            ast.Para([ast.Str("a"), ast.Note([ast.Para([ast.Str("outer"), inner])])]),
            ast.Para(words("b")),
        ]
    )
    assert content["content"] == [
        paragraph("a[1]"),
        paragraph("b"),
        node("horizontalRule"),
        paragraph("[1] outer[2]"),
        paragraph("[2] inner"),
    ]
    assert warnings == ["Footnotes moved to the end: 2."]


def test_html_blocks_in_other_formats() -> None:
    asked: list[str] = []

    def read_html(html: str) -> list[ast.Block]:
        asked.append(html)
        return [ast.Para(words("read"))]

    blocks: list[ast.Block] = [
        ast.RawBlock(("html", "<!-- no words --><script>x</script>")),
        ast.Para(words("a")),
        ast.RawBlock(("html", "<table><tr><td>")),
        ast.RawBlock(("html", "cell</td></tr></table>")),
    ]
    content, _ = from_pandoc(blocks, read_html=read_html)
    assert content["content"] == [paragraph("a"), paragraph("read")]
    assert asked == ["<table><tr><td>\ncell</td></tr></table>"]
    assert from_pandoc(blocks)[0]["content"] == [paragraph("a"), paragraph("cell")]


def cell(content: str, rowspan: int = 1, colspan: int = 1) -> ast.Cell:
    return ast.Cell(N, ast.Tag("AlignDefault"), rowspan, colspan, [ast.Plain(words(content))])


def table(*rows: list[ast.Cell], heads: int = 0) -> ast.Table:
    columns = [(ast.Tag("AlignRight"), ast.Tag("ColWidthDefault"))] * 2
    body = ast.Body(N, heads, [], [ast.Row(N, row) for row in rows[1:]])
    return ast.Table((N, (None, []), columns, ast.Rows(N, [ast.Row(N, rows[0])]), [body], ast.Rows(N, [])))


def test_tables_are_read() -> None:
    (made,) = read(table([cell("h", colspan=2)], [cell("a", rowspan=2), cell("b")], [cell("c")], heads=1))
    assert [[one["type"] for one in row["content"]] for row in made["content"]] == [
        ["tableHeader"], ["tableHeader", "tableCell"], ["tableHeader"],
    ]  # fmt: skip
    spanning = made["content"][0]["content"][0]["attrs"]
    assert spanning == {"colspan": 2, "rowspan": 1, "colwidth": None, "align": None}
    (plain,) = read(table([cell("a"), cell("b")]))
    assert [one["attrs"]["align"] for one in plain["content"][0]["content"]] == ["right", "right"]
    empty = table([], heads=0)
    assert read(empty) == [paragraph()]


def test_marks_are_written_around_as_much_as_they_can() -> None:
    line = [text("a ", "bold"), text("b", "bold", "italic"), text(" c ", "bold"), text("d")]
    assert written(node("paragraph", *line)) == [
        ast.Para(
            [
                ast.Strong([ast.Str("a"), ast.Space(), ast.Emph(words("b")), ast.Space(), ast.Str("c")]),
                ast.Space(),
                ast.Str("d"),
            ]
        )
    ]
    assert written(paragraph(text(" ", "bold"), "x", text("  ", "code"), "y")) == [
        ast.Para([ast.Space(), ast.Str("x"), ast.Code((N, " ")), ast.Str("y")])
    ]


def test_highlights_are_html_in_markdown() -> None:
    marked = paragraph(text("a", "highlight"))
    assert written(marked) == [ast.Para([ast.Span((("", ["mark"], []), words("a")))])]
    assert written(marked, for_markdown=True) == [
        ast.Para([ast.RawInline(("html", "<mark>")), ast.Str("a"), ast.RawInline(("html", "</mark>"))])
    ]


def test_no_unsafe_link_is_written() -> None:
    link = {"type": "link", "attrs": {"href": " jav\tascript:alert(1)"}}
    assert written(node("paragraph", {"type": "text", "marks": [link], "text": "a"})) == [ast.Para(words("a"))]


def test_breaks_at_the_end_are_not_written() -> None:
    assert written(paragraph("a", node("hardBreak"), node("hardBreak"))) == [ast.Para(words("a"))]
    assert written(node("heading", text("a"), node("hardBreak"), text("b"), level=1)) == [
        ast.Header((1, N, words("a", "b")))
    ]


def test_lists_are_written() -> None:
    inner = node("bulletList", node("listItem", paragraph("b")))
    assert written(
        node("orderedList", node("listItem", paragraph("a"), inner), start=2, type="a"),
        node("taskList", node("taskItem", paragraph("t"), checked=True), node("taskItem", paragraph(), checked=False)),
        node("bulletList", node("listItem", paragraph("a"), paragraph("b"))),
    ) == [
        ast.OrderedList(
            (
                (2, ast.Tag("LowerAlpha"), ast.Tag("Period")),
                [[ast.Plain(words("a")), ast.BulletList([[ast.Plain(words("b"))]])]],
            )
        ),
        ast.BulletList([[ast.Plain(words("☒", "t"))], [ast.Plain(words("☐"))]]),
        ast.BulletList([[ast.Para(words("a")), ast.Para(words("b"))]]),
    ]


def test_tables_are_laid_out() -> None:
    """Whatever spans are stored, every row that is written covers every column once."""

    def stored(kind: str, words: str, **spans: int) -> dict[str, Any]:
        return node(kind, paragraph(words), **spans)

    odd = node(
        "table",
        node("tableRow", stored("tableHeader", "a", colspan=3), stored("tableHeader", "b", rowspan=9)),
        node("tableRow", stored("tableCell", "c", rowspan=50), stored("tableCell", "d")),
        node("tableRow"),
        node("tableRow", stored("tableCell", "e"), stored("tableCell", "f"), stored("tableCell", "g")),
    )
    (made,) = written(odd, for_markdown=True)
    assert isinstance(made, ast.Table)
    _, _, columns, head, (body,), _ = made.c
    assert {len(row.cells) for row in [*head.rows, *body.rows]} == {len(columns)} == {4}
    (kept,) = written(odd)
    assert isinstance(kept, ast.Table)
    assert [[(one.rowspan, one.colspan) for one in row.cells] for row in kept.c[3].rows] == [[(1, 3), (1, 1)]]
    assert [[one.rowspan for one in row.cells] for row in kept.c[4][0].rows] == [[2, 1, 1, 1], [1, 1, 1]]


def test_cells_of_markdown_are_one_line() -> None:
    inside = [
        paragraph("a", node("hardBreak"), "b"),
        node("codeBlock", text("x\ny")),
        node("bulletList", node("listItem", paragraph("i"))),
    ]
    (made,) = written(node("table", node("tableRow", node("tableHeader", *inside))), for_markdown=True)
    assert isinstance(made, ast.Table)
    (block,) = made.c[3].rows[0].cells[0].blocks
    br = ast.RawInline(("html", "<br>"))
    assert block == ast.Plain([
        ast.Str("a"), br, ast.Str("b"), br, ast.Code((N, "x")), br, ast.Code((N, "y")), br, ast.Str("i"),
    ])  # fmt: skip


@pytest.mark.parametrize("content", [
    {"type": "doc"},
    {"type": "?", "content": [{"type": "?"}]},
    {"type": "doc", "content": [{"type": "text", "text": "loose"}, {"type": "hardBreak"}]},
    {"type": "doc", "content": [{"type": "table", "content": [{"type": "paragraph"}]}]},
    {"type": "doc", "content": [{"type": "heading", "attrs": {"level": "x"}}]},
    {"type": "doc", "content": [{"type": "taskList", "content": [{"type": "taskItem"}]}]},
    {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "paragraph", "content": [text("x")]}]}]},
])  # fmt: skip
def test_anything_can_be_written(content: Any) -> None:
    for for_markdown in (True, False):
        to_pandoc(msgspec.convert(content, Node), for_markdown=for_markdown)


@given(documents, st.booleans())
@settings(deadline=None, derandomize=True, max_examples=200)
def test_what_is_written_can_be_read(document: dict[str, Any], for_markdown: bool) -> None:
    ast_of = to_pandoc(msgspec.convert(document, Node), for_markdown=for_markdown)
    again = msgspec.json.decode(msgspec.json.encode(ast_of), type=ast.Ast)
    assert again == ast_of
    content, _ = from_pandoc(again.blocks)
    from_json(content)
    # Once it has been written and read, it stays as it is.
    settled = from_pandoc(to_pandoc(msgspec.convert(content, Node), for_markdown=for_markdown).blocks)[0]
    assert from_pandoc(to_pandoc(msgspec.convert(settled, Node), for_markdown=for_markdown).blocks)[0] == settled
