"""Who is told of a document."""

from uuid import UUID

from collab_collaboration.neighbours import ANSWER_S, SILENCE_S, Neighbours

DOCUMENT, OTHER = UUID(int=1), UUID(int=2)
ANN, BEN = b"ann", b"ben"


def test_until_the_answers_are_in_all_are_told() -> None:
    neighbours = Neighbours()
    assert not neighbours.may_listen(DOCUMENT, 0)
    neighbours.announced(DOCUMENT, 0)
    assert neighbours.may_listen(DOCUMENT, ANSWER_S - 0.1)
    assert not neighbours.may_listen(DOCUMENT, ANSWER_S)
    assert not neighbours.may_listen(OTHER, 0)


def test_who_has_it_open_is_told_until_it_closes_it() -> None:
    neighbours = Neighbours()
    assert neighbours.has_open(DOCUMENT, ANN)
    assert not neighbours.has_open(DOCUMENT, ANN)
    assert neighbours.has_open(DOCUMENT, BEN)
    neighbours.closed(DOCUMENT, ANN)
    assert neighbours.may_listen(DOCUMENT, 0)
    neighbours.closed(DOCUMENT, BEN)
    neighbours.closed(DOCUMENT, BEN)
    assert not neighbours.may_listen(DOCUMENT, 0)
    assert neighbours.has_open(DOCUMENT, ANN)


def test_a_replica_that_says_nothing_any_more_is_gone() -> None:
    neighbours = Neighbours()
    for origin in (ANN, BEN):
        neighbours.heard(origin, 0)
    neighbours.has_open(DOCUMENT, ANN)
    neighbours.has_open(OTHER, ANN)
    neighbours.has_open(OTHER, BEN)
    neighbours.heard(BEN, SILENCE_S)
    neighbours.expire(SILENCE_S + 1)
    assert not neighbours.may_listen(DOCUMENT, 0)
    assert neighbours.may_listen(OTHER, 0)


def test_what_is_closed_here_is_forgotten() -> None:
    neighbours = Neighbours()
    neighbours.announced(DOCUMENT, 0)
    neighbours.has_open(DOCUMENT, ANN)
    neighbours.forget(DOCUMENT)
    assert not neighbours.may_listen(DOCUMENT, 0)
    assert neighbours.has_open(DOCUMENT, ANN)
