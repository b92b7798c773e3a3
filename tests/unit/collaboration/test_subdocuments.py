"""Subdocuments: what the library does with a deleted one must not end the process."""

import random
import subprocess
import sys

import pytest
from pycrdt import Doc, Map, Text

from collab_collaboration import yupdate
from collab_collaboration.crdt import apply, new_doc
from collab_collaboration.lib0 import Malformed, write_string
from collab_collaboration.yupdate import has_subdocument, read_extent
from tests.unit.collaboration.richedits import AnyDoc, edit_richly

# Edits of five people, found by `test_convergence.py`: the last one deletes two subdocuments and what is around them.
FATAL = (
    (
        "010aeb07000801056172726179017c40200000070103786d6c03097061726167726170682800eb0701056c6576656c0177013107"
        "00eb0701060400eb07030c6772c3bcc39f6520f09f8e892701036d61700179000800eb070c017c3f80000087eb070d012700eb07"
        "0e01780088eb070e0177017300"
    ),
    (
        "0109e8070004010474657874066772c3bcc39f84e80703026520c6e80703e8070404626f6c640474727565c4e80706e80704043c"
        "623e26c6e8070ae8070404626f6c64046e756c6c070103786d6c030a62756c6c65744c6973742800e8070c056c6576656c017701"
        "310700e8070c060400e8070e0c6772c3bcc39f6520f09f8e8900"
    ),
    (
        "0102e907172901036d6170017807696e6e65722d3276040a73686f756c644c6f616478086175746f4c6f6164790267637808656e"
        "636f64696e677d0104010474657874086772c3bcc39f652000"
    ),
    "0101e90729c8e80717ea0700017c5380000001e807010701",
    (
        "0103ea073d49eb070d07696e6e65722d337604086175746f4c6f6164790a73686f756c644c6f6164780267637808656e636f6469"
        "6e677d01c4e80705ea070a02626344ea071009786772c3bcc39f652000"
    ),
    "0101ea074744eb07040778e6bca2e5ad9700",
    "0101ec070d04010474657874012001ec0701020b",
    (
        "0114eb07110601047465787404626f6c64047472756584eb0711066772c3bcc39f84eb0715016584eb0716012081eb0717012101"
        "036d6170017a0149eb070007696e6e65722d37760408656e636f64696e677d01026763780a73686f756c644c6f61647908617574"
        "6f4c6f616479a1eb0719010004c4eb0716eb071701610001a7eb070c020400eb072205696e6e6572c6eb0715eb071604626f6c64"
        "046e756c6cc4eb0716eb072004f09f8e89c7eb071aeb0700000800eb072b017c3f80000087eb072c012700eb072d01780088eb07"
        "2d0177017302ea07023d014703eb0704030e18021b052101"
    ),
)
RUNS = 300
"""What the library reaches for after it was freed is often still there: of three runs two go well."""


def history(seed: int, steps: int) -> tuple[AnyDoc, list[bytes]]:
    """A document with nothing collected, and the updates that made it."""
    doc: AnyDoc = Doc(skip_gc=True)
    made: list[bytes] = []
    doc.observe(lambda event: made.append(event.update))
    chance = random.Random(seed)
    for _ in range(steps):
        edit_richly(doc, chance)
    return doc, made


def test_deleting_subdocuments_does_not_end_the_process() -> None:
    code = (
        "from collab_collaboration.crdt import new_doc\n"
        f"updates = [bytes.fromhex(each) for each in {FATAL!r}]\n"
        f"for _ in range({RUNS}): new_doc(*updates)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("seed", range(20))
def test_subdocuments_are_noticed_whoever_wrote_them(seed: int) -> None:
    doc, made = history(seed, 100)
    seen = 0
    for update in (*made, doc.get_update()):
        found = yupdate._Found()  # pyright: ignore[reportPrivateUsage]  # what is read without a look first
        yupdate._read(update, [], {}, found, None)  # pyright: ignore[reportPrivateUsage]
        assert has_subdocument(update) == found.has_subdocument
        seen += found.has_subdocument
    assert seen > 0


@pytest.mark.parametrize(
    ("options", "is_fine"),
    [
        (b"v\x00", True),
        (b"v\x01\x02gc\x79", True),
        (b"v\x02\x02gc\x79\x08autoLoad\x78", True),
        (b"v\x01\x04metav\x01\x01a}\x01", True),
        (b"v\x80\x00", False),
        (b"v\x01\x01x}\x01", False),
        (b"v\x09" + b"\x02gc\x79" * 9, False),
        (b"u\x00", False),
    ],
)
def test_options_are_those_of_yjs(options: bytes, *, is_fine: bool) -> None:
    update = b"\x01\x01\x05\x00\x09\x01" + write_string("map") + write_string("guid") + options + b"\x00"
    if is_fine:
        read_extent(update)
        assert has_subdocument(update)
    else:
        with pytest.raises(Malformed):
            read_extent(update)


def test_words_are_no_subdocuments() -> None:
    doc: AnyDoc = Doc()
    doc.get("text", type=Text).insert(0, "over and over: v")
    doc.get("map", type=Map)["empty"] = {}
    assert not has_subdocument(doc.get_update())


def test_a_document_collects_what_is_deleted_until_it_has_a_subdocument() -> None:
    doc: AnyDoc = Doc(skip_gc=True)
    made: list[bytes] = []
    doc.observe(lambda event: made.append(event.update))
    text = doc.get("text", type=Text)
    text.insert(0, "collected")
    del text[0:9]
    ours = new_doc(*made)
    assert b"collected" not in ours.get_update()
    doc.get("map", type=Map)["inner"] = AnyDoc(guid="inner")
    text.insert(0, "kept")
    del text[0:4]
    for update in made[2:]:
        apply(ours, update)
    assert b"kept" in ours.get_update()
    assert ours.get_state() == doc.get_state()
