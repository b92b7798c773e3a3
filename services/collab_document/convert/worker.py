"""One conversion, in a process of its own that may die of it: `python -m collab_document.convert.worker`.

What to do comes in the first line of standard input and the file after it; what is made goes to standard output. The
caller bounds time and output and ends the whole process group; this process bounds memory and processor time for
itself and for pandoc, which inherits the limits.
"""

import base64
import resource
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from collab_document.convert import ast
from collab_document.convert.archive import check_docx
from collab_document.convert.embeds import ENDINGS
from collab_document.convert.from_pandoc import Json, from_pandoc, plain_words
from collab_document.convert.nodes import Node
from collab_document.convert.pages import html_page, typst_page
from collab_document.convert.plain import mark_checkboxes, paragraphs
from collab_document.convert.refusals import Refusal, TooDemanding, Unreadable
from collab_document.convert.rules import ExportFormat, ImportFormat, as_title, decode_text
from collab_document.convert.to_pandoc import to_pandoc

__all__ = ["EXITS", "ExportJob", "ImportJob", "Imported"]

EXITS: Final[dict[int, type[Refusal]]] = {65: Unreadable, 69: TooDemanding}
"""Exit codes that say why there is no result; standard error says it in words."""

_READERS: Final[dict[ImportFormat, str]] = {
    "markdown": "gfm+tex_math_dollars-gfm_auto_identifiers",
    "html": "html-native_divs",
    "docx": "docx",
}
_WRITERS: Final[dict[ExportFormat, str]] = {
    "md": "gfm-tex_math_dollars", "html": "html5", "docx": "docx", "pdf": "typst", "txt": "plain",
}  # fmt: skip
_NO_WORDS: Final[list[ast.Inline]] = []
_PANDOC_FAILURES: Final = {64: Unreadable, 251: TooDemanding}


class ImportJob(Struct, frozen=True, tag="import"):
    form: ImportFormat
    content_type: str
    memory_mib: int
    cpu_s: int


class ExportJob(Struct, frozen=True, tag="export"):
    form: ExportFormat
    title: str
    memory_mib: int
    cpu_s: int
    pictures: list[str] = []
    """Files in the working directory, each named by its attachment's id."""


class Imported(Struct, frozen=True):
    """`content` is the editor's JSON; `title` what the file itself is called, or its first heading."""

    content: Json
    title: str
    warnings: list[str]


def main() -> int:
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=ImportJob | ExportJob)
    _limit(job.memory_mib, job.cpu_s)
    body = sys.stdin.buffer.read()
    try:
        made = _import(job, body) if isinstance(job, ImportJob) else _export(job, body)
    except (RecursionError, MemoryError):
        return _refused(TooDemanding("It is nested too deep, or takes too much memory."))
    except Refusal as problem:
        return _refused(problem)
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    return 0


def _limit(memory_mib: int, cpu_s: int) -> None:
    most = memory_mib * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refused(problem: Refusal) -> int:
    print(problem, file=sys.stderr)  # noqa: T201  # the caller reads it
    return next(code for code, kind in EXITS.items() if isinstance(problem, kind))


def _import(job: ImportJob, body: bytes) -> bytes:
    if job.form == "docx":
        check_docx(body)
        source = body
    else:
        text = decode_text(body, job.content_type)
        if job.form == "text":
            return msgspec.json.encode(Imported(paragraphs(text), "", []))
        source = (mark_checkboxes(text) if job.form == "html" else text).encode()
    found = _read(_READERS[job.form], source)
    _allow_recursion()
    content, warnings = from_pandoc(found.blocks, read_html=_read_html)
    return msgspec.json.encode(Imported(content, _title(found), warnings))


def _read(form: str, source: bytes) -> ast.Ast:
    answer = _pandoc(["-f", form, "-t", "json"], source)
    try:
        return msgspec.json.decode(answer, type=ast.Ast)
    except msgspec.ValidationError as error:
        raise Unreadable(f"The file holds what is not understood: {error}.") from error


def _read_html(text: str) -> list[ast.Block]:
    return _read(_READERS["html"], mark_checkboxes(text).encode()).blocks


def _title(found: ast.Ast) -> str:
    meta = found.meta.get("title", {})
    kind, value = meta.get("t"), meta.get("c")
    if kind == "MetaString" and value:
        return as_title(str(value))
    if kind == "MetaInlines" and value:
        return as_title(plain_words(msgspec.convert(value, list[ast.Inline])))
    headings = (block.c[2] for block in found.blocks if isinstance(block, ast.Header) and block.c[0] == 1)
    return as_title(plain_words(next(headings, _NO_WORDS)))


def _export(job: ExportJob, body: bytes) -> bytes:
    content = msgspec.json.decode(body, type=Node)
    _allow_recursion()
    try:
        return _write(job, content, _addresses(job))
    except TooDemanding:
        if not job.pictures:
            raise
        # One that is broken inside keeps the whole page from being set.
        return _write(job, content, {})


def _addresses(job: ExportJob) -> dict[str, str]:
    """What stands for each picture, by its attachment's id: Typst reads the file itself, others have its content."""
    if job.form == "pdf":
        return {Path(name).stem: name for name in job.pictures}
    types = {ending: media_type for media_type, ending in ENDINGS.items()}
    return {
        Path(name).stem: f"data:{types[name.rpartition('.')[2]]};base64,"
        + base64.b64encode(Path(name).read_bytes()).decode()
        for name in job.pictures
    }


def _write(job: ExportJob, content: Node, pictures: dict[str, str]) -> bytes:
    is_markdown = job.form == "md"
    title = job.title if job.form == "docx" else ""
    document = to_pandoc(content, for_markdown=is_markdown, title=title, pictures=pictures)
    source = msgspec.json.encode({
        "pandoc-api-version": ast.API_VERSION,
        "meta": document.meta,
        "blocks": document.blocks,
    })  # fmt: skip
    options = ["-f", "json", "-t", _WRITERS[job.form], "--wrap=none", "--syntax-highlighting=none"]
    made = _pandoc([*options, "-o", "-"], source)
    if job.form == "html":
        return html_page(job.title, made.decode()).encode()
    if job.form == "pdf":
        return _pdf(typst_page(job.title, made.decode()))
    return made if made.strip() else b""


def _pdf(source: str) -> bytes:
    """Files and packages are looked for in the working directory alone, which is empty."""
    import typst  # noqa: PLC0415  # its library is large, and no other format needs it

    here = str(Path.cwd())
    try:
        compiler = typst.Compiler(source.encode(), root=here, package_path=here, package_cache_path=here)
        made = compiler.compile(format="pdf", timestamp=0)
    except typst.TypstError as error:
        raise TooDemanding(f"The page cannot be set: {str(error)[:200]}") from error
    if not isinstance(made, bytes):
        raise TooDemanding("The page cannot be set.")
    return made


def _pandoc(options: list[str], source: bytes) -> bytes:
    memory = resource.getrlimit(resource.RLIMIT_AS)[0] // (1024 * 1024) * 3 // 4
    done = subprocess.run(  # our own options
        [_pandoc_binary(), "+RTS", f"-M{memory}m", "-RTS", "--sandbox", *options],
        input=source,
        capture_output=True,
        env={"LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": "0", "HOME": str(Path.cwd())},
        check=False,
    )
    if done.returncode == 0:
        return done.stdout
    words = done.stderr.decode(errors="replace").strip().splitlines()
    kind = _PANDOC_FAILURES.get(done.returncode, TooDemanding if done.returncode < 0 else Unreadable)
    raise kind(f"It cannot be converted: {words[-1][:200] if words else 'no reason given'}")


def _pandoc_binary() -> str:
    spec = find_spec("pypandoc")
    if spec is None or spec.origin is None:
        raise RuntimeError("pypandoc-binary is not installed")
    return str(Path(spec.origin).parent / "files" / "pandoc")


def _allow_recursion() -> None:
    """Python's own calls take no stack of C; the decoders, which do, are done."""
    sys.setrecursionlimit(20_000)


if __name__ == "__main__":
    sys.exit(main())
