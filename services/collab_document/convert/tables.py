"""Tables between pandoc and the editor: both have cells that span rows and columns, and say so differently."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from collab_document.convert import ast
from collab_document.convert.nodes import Node

__all__ = ["ALIGN_DEFAULT", "read_table", "write_table"]

Json = dict[str, Any]

MAX_SPAN: Final = 100
ALIGN_DEFAULT: Final = ast.Tag("AlignDefault")
_WIDTH_DEFAULT: Final = ast.Tag("ColWidthDefault")
_ALIGNMENTS: Final = {"AlignLeft": "left", "AlignCenter": "center", "AlignRight": "right"}
_NOTHING: Final = Node("tableCell")
_ALIGN_TAGS: Final = {name: ast.Tag(tag) for tag, name in _ALIGNMENTS.items()}


def read_table(
    columns: Sequence[str],
    head: ast.Rows,
    bodies: Sequence[ast.Body],
    foot: ast.Rows,
    inside: Callable[[Iterable[ast.Block]], list[Json]],
) -> list[Json]:
    """The table, or nothing for one without cells. `columns` are their alignments, `inside` reads a cell."""

    every_row = [*head.rows, *(row for body in bodies for row in [*body.intermediate, *body.rows]), *foot.rows]
    # Where cells span others, a cell's place in its row does not tell its column.
    has_spans = any(one.rowspan > 1 or one.colspan > 1 for row in every_row for one in row.cells)

    def cell(one: ast.Cell, at: int, *, is_header: bool) -> Json:
        column = "" if has_spans or at >= len(columns) else columns[at]
        align = _ALIGNMENTS.get(one.align.t) or _ALIGNMENTS.get(column)
        return {
            "type": "tableHeader" if is_header else "tableCell",
            "attrs": {
                "colspan": min(MAX_SPAN, max(1, one.colspan)),
                "rowspan": min(MAX_SPAN, max(1, one.rowspan)),
                "colwidth": None,
                "align": align,
            },
            "content": inside(one.blocks) or [{"type": "paragraph"}],
        }

    def row(one: ast.Row, heads: int) -> Json:
        return {
            "type": "tableRow",
            "content": [cell(each, at, is_header=at < heads) for at, each in enumerate(one.cells)],
        }

    everywhere = MAX_SPAN * MAX_SPAN
    rows = [row(one, everywhere) for one in head.rows if one.cells]
    for body in bodies:
        rows += [row(one, everywhere) for one in body.intermediate if one.cells]
        rows += [row(one, body.heads) for one in body.rows if one.cells]
    rows += [row(one, 0) for one in foot.rows if one.cells]
    return [{"type": "table", "content": rows}] if rows else []


def write_table(table: Node, inside: Callable[[Node], list[ast.Block]], *, keeps_spans: bool) -> list[ast.Block]:
    """`inside` writes a cell. Without `keeps_spans` the place of a wide cell is filled up with empty ones."""
    rows = [row.children for row in table.children if row.children]
    if not rows:
        return []
    heads = next((at for at, row in enumerate(rows) if any(cell.type != "tableHeader" for cell in row)), len(rows))
    head_rows = min(heads, 1)
    grid = [*_laid_out(rows[:head_rows]), *_laid_out(rows[head_rows:])]
    width = max(sum(place.colspan for place in row) for row in grid)
    aligns = [_align(_cell_at(grid[0], at)) for at in range(width)]
    written = [_row(row, width, inside, keeps_spans=keeps_spans) for row in grid]
    head, body = ast.Rows(ast.NO_ATTR, written[:head_rows]), ast.Body(ast.NO_ATTR, 0, [], written[head_rows:])
    return [
        ast.Table((
            ast.NO_ATTR,
            (None, []),
            [(align, _WIDTH_DEFAULT) for align in aligns],
            head,
            [body] if body.rows else [],
            ast.Rows(ast.NO_ATTR, []),
        ))
    ]  # fmt: skip


class _Place:
    """A cell where it begins, or (`cell` is `None`) what a cell of a row above takes of this one."""

    __slots__ = ("cell", "colspan", "rowspan")

    def __init__(self, cell: Node | None, colspan: int, rowspan: int) -> None:
        self.cell = cell
        self.colspan = colspan
        self.rowspan = rowspan


def _laid_out(rows: Sequence[Sequence[Node]]) -> list[list[_Place]]:
    """Every row from its first column to its last, without overlaps and without spans beyond the last row."""
    found: list[list[_Place]] = []
    below: dict[int, tuple[int, int]] = {}  # column -> how many more rows, how many columns
    for number, row in enumerate(rows):
        places: list[_Place] = []
        following: dict[int, tuple[int, int]] = {}
        waiting = list(reversed(row))
        column = 0
        while waiting or any(start >= column for start in below):
            if column in below:
                left, colspan = below[column]
                places.append(_Place(None, colspan, 1))
                if left > 1:
                    following[column] = (left - 1, colspan)
            elif waiting:
                cell = waiting.pop()
                free = min((start for start in below if start > column), default=column + MAX_SPAN) - column
                colspan = min(_span(cell, "colspan"), free)
                rowspan = min(_span(cell, "rowspan"), len(rows) - number)
                places.append(_Place(cell, colspan, rowspan))
                if rowspan > 1:
                    following[column] = (rowspan - 1, colspan)
            else:
                colspan = 1
                places.append(_Place(_NOTHING, colspan, 1))
            column += colspan
        found.append(places)
        below = following
    return found


def _span(cell: Node, name: str) -> int:
    return min(MAX_SPAN, max(1, cell.number(name, 1)))


def _row(
    places: Sequence[_Place], width: int, inside: Callable[[Node], list[ast.Block]], *, keeps_spans: bool
) -> ast.Row:
    cells: list[ast.Cell] = []
    for place in places:
        blocks = inside(place.cell) if place.cell else []
        if keeps_spans:
            if place.cell is not None:
                cells.append(ast.Cell(ast.NO_ATTR, _align(place.cell), place.rowspan, place.colspan, blocks))
            continue
        align = ALIGN_DEFAULT
        cells.append(ast.Cell(ast.NO_ATTR, align, 1, 1, blocks))
        cells += [_empty() for _ in range(place.colspan - 1)]
    missing = width - sum(place.colspan for place in places)
    return ast.Row(ast.NO_ATTR, [*cells, *(_empty() for _ in range(missing))])


def _empty() -> ast.Cell:
    return ast.Cell(ast.NO_ATTR, ALIGN_DEFAULT, 1, 1, [])


def _align(cell: Node | None) -> ast.Tag:
    return _ALIGN_TAGS.get(cell.word("align"), ALIGN_DEFAULT) if cell else ALIGN_DEFAULT


def _cell_at(row: Sequence[_Place], column: int) -> Node | None:
    start = 0
    for place in row:
        if start <= column < start + place.colspan:
            return place.cell
        start += place.colspan
    return None
