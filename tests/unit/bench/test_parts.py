"""What the parts of the benchmark make and how they read it."""

from pycrdt import Doc, Text

from bench.collaboration.parts.replay import Mark, marks_of
from bench.collaboration.parts.storm import large_document
from bench.collaboration.traces import Patch, Trace, Transaction, replay


def test_the_large_document_is_whole_and_as_large_as_asked() -> None:
    doc: Doc[Text] = Doc()
    for update in large_document(100_000):
        doc.apply_update(update)
    assert len(doc.get_update()) >= 90_000
    assert len(str(doc.get("text", type=Text))) > 50_000


def test_a_transaction_that_only_removes_has_no_mark() -> None:
    trace = Trace(
        txns=[
            Transaction([Patch(0, 0, "abc")]),
            Transaction([Patch(1, 1, "")]),
            Transaction([Patch(0, 0, "de")], agent=1, parents=[1]),
        ],
        end_content="deac",
        num_agents=2,
    )
    assert marks_of(list(replay(trace, first_client=1001))) == [Mark(1001, 3), Mark(1001, 0), Mark(1002, 2)]
