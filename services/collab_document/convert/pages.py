"""What is put around a converted text to make a file that stands by itself."""

import html
import json
from typing import Final

__all__ = ["html_page", "typst_page"]

# Nothing is loaded and nothing runs, whoever opens the file from wherever.
_HTML: Final = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 46rem; margin: 3rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; color: #1c1917; }}
p, h1, h2, h3, li, td, th, blockquote {{ unicode-bidi: plaintext; text-align: start; }}
h1, h2, h3 {{ line-height: 1.25; }}
a {{ color: #0f766e; }}
img {{ max-width: 100%; height: auto; }}
pre {{ padding: 0.75rem 1rem; overflow-x: auto; background: #f5f5f4; border-radius: 0.375rem; }}
code {{ font-family: ui-monospace, monospace; font-size: 0.9em; }}
blockquote {{ margin-inline: 0; padding-inline-start: 1rem; border-inline-start: 3px solid #d6d3d1; color: #57534e; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: 0.25rem 0.75rem; border: 1px solid #d6d3d1; vertical-align: top; }}
ul.task-list {{ list-style: none; padding-inline-start: 1rem; }}
ul.task-list input {{ margin-inline-end: 0.5rem; }}
</style>
</head>
<body>
{body}</body>
</html>
"""

_TYPST: Final = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: 2.5cm, numbering: "1")
#set text(size: 11pt)
#set par(leading: 0.7em)
#set table(inset: 6pt, stroke: 0.5pt + luma(180))
#show table.cell.where(y: 0): set text(weight: "medium")
#show figure: set block(breakable: true)
#show link: set text(fill: rgb("#0f766e"))
#show raw.where(block: true): block.with(fill: luma(245), inset: 8pt, radius: 3pt, width: 100%)
#show quote.where(block: true): set block(stroke: (left: 2pt + luma(200)), inset: (left: 1em))
#let horizontalrule = line(length: 100%, stroke: 0.5pt + luma(180))
{heading}
"""


def html_page(title: str, body: str) -> str:
    return _HTML.format(title=html.escape(title or "Document"), body=body)


def typst_page(title: str, body: str) -> str:
    heading = f'#text(size: 22pt, weight: "bold", {_string(title)})\n' if title else ""
    return _TYPST.format(title=_string(title), heading=heading) + body


def _string(text: str) -> str:
    """A string of Typst: as JSON has it, but for other characters than ASCII, which stay."""
    return json.dumps(text, ensure_ascii=False)
