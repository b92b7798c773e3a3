"""Who there is and what they have: the same for the same size, whoever asks.

As unequal as it is in life: a few people own thousands of documents and most have tens, one team sees a tenth of
everything, words are as frequent as Zipf says, and some texts are as long as the search takes.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Final
from uuid import UUID

from msgspec import Struct

__all__ = ["BENCH", "QUICK", "Size", "Words", "World", "uuid_at"]

_SEED: Final = 20261123
_FOLDERS: Final = 20
_SYLLABLES: Final = [consonant + vowel for consonant in "bdfghjklmnprstvwz" for vowel in "aeiou"]
_FIRST_NAMES: Final = 400
_LAST_NAMES: Final = 4000
_LONG_TEXT_WORDS: Final = 22_000
"""A little more than the search takes."""


class Size(Struct, frozen=True, kw_only=True):
    people: int
    documents: int
    words: int = 50_000
    text_words: int = 100
    """Of the average text."""
    long_texts: int = 50

    @property
    def large_share(self) -> int:
        """Documents of the person who has the most."""
        return self.documents // 20


BENCH: Final = Size(people=10_000, documents=100_000)
QUICK: Final = Size(people=1_000, documents=10_000, long_texts=5)


class Words:
    """A language: its words by their frequency, the most frequent first."""

    def __init__(self, count: int, rng: random.Random) -> None:
        self._rng = rng
        self.known = list(_coined(count, rng))
        self._weights = list(accumulate(1 / rank for rank in range(1, count + 1)))

    def some(self, count: int) -> list[str]:
        return self._rng.choices(self.known, cum_weights=self._weights, k=count)


def _coined(count: int, rng: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while len(seen) < count:
        word = "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4)))
        if word not in seen:
            seen.add(word)
            yield word


class Document(Struct, frozen=True, kw_only=True):
    id: UUID
    owner: UUID
    created_at: datetime
    edited_at: datetime
    trashed_at: datetime | None


class World:
    """Made of people, teams and documents; everything else is made row by row while it is stored."""

    def __init__(self, size: Size, *, now: datetime) -> None:
        self.size = size
        self.now = now
        self.rng = random.Random(_SEED)
        self.words = Words(size.words, self.rng)
        self.names = self._names()
        self.people = [UUID(int=self.rng.getrandbits(128), version=4) for _ in self.names]
        self.documents = list(self._documents())
        self.teams = list(self._teams())
        self.members = list(self._members())
        self.grants = list(self._grants())

    @property
    def owner_of_most(self) -> UUID:
        return self.people[0]

    @property
    def archivist(self) -> UUID:
        """Owns many documents, of which none was edited for years."""
        return self.people[1]

    @property
    def ordinary(self) -> Sequence[UUID]:
        """People who have some tens of documents and are in no large team."""
        return self._ordinary

    @property
    def busiest(self) -> UUID:
        """The document with the most comments."""
        return self.documents[0].id

    @cached_property
    def _ordinary(self) -> list[UUID]:
        in_large_teams = {person for _, people in self.teams[:10] for person in people}
        return [person for person in self.people[20:] if person not in in_large_teams][:200]

    @cached_property
    def seen_by(self) -> dict[UUID, list[UUID]]:
        """Documents by person, without those that a team gives."""
        seen: dict[UUID, list[UUID]] = {person: [] for person in self.people}
        for document in self.documents:
            seen[document.owner].append(document.id)
        for document, person, _ in self.members:
            seen[person].append(document)
        return seen

    @cached_property
    def seers(self) -> dict[UUID, list[UUID]]:
        """People by document, as `seen_by`."""
        seers = {document.id: [document.owner] for document in self.documents}
        for document, person, _ in self.members:
            seers[document].append(person)
        return seers

    def some_day(self, mean_days: float) -> datetime:
        """In the past, rather lately than long ago."""
        return self.now - timedelta(days=min(self.rng.expovariate(1 / mean_days), 3000))

    def _names(self) -> list[str]:
        first = [word.title() for word in _coined(_FIRST_NAMES, self.rng)]
        last = [word.title() for word in _coined(_LAST_NAMES, self.rng)]
        common = list(accumulate(1 / rank for rank in range(1, _FIRST_NAMES + 1)))
        chosen = self.rng.choices(first, cum_weights=common, k=self.size.people)
        return [f"{name} {self.rng.choice(last)}" for name in chosen]

    def _owners(self) -> Iterator[UUID]:
        large = self.size.large_share
        for place, person in enumerate(self.people[:10]):
            yield from [person] * (large if place == 0 else large * 2 // 5)
        weights = list(accumulate(self.rng.expovariate(1) + 0.1 for _ in self.people))
        yield from iter(lambda: self.rng.choices(self.people, cum_weights=weights)[0], None)

    def _documents(self) -> Iterator[Document]:
        for number, owner in zip(range(self.size.documents), self._owners(), strict=False):
            edited_at = self.some_day(150)
            if owner == self.archivist:
                edited_at -= timedelta(days=3000)
            trashed = number > 0 and self.rng.random() < 0.03
            created_at = edited_at - timedelta(days=self.rng.expovariate(1 / 60))
            yield Document(
                id=uuid_at(created_at, self.rng),
                owner=owner,
                created_at=created_at,
                edited_at=edited_at,
                trashed_at=self.now - timedelta(days=self.rng.uniform(0, 25)) if trashed else None,
            )

    def _teams(self) -> Iterator[tuple[UUID, list[UUID]]]:
        """One of a tenth of all people, at most as many as a team may have; nine large ones; many of some tens."""
        everybodys = min(1000, self.size.people // 10)
        for number in range(self.size.people // 50):
            members = everybodys if number == 0 else everybodys // 5 if number < 10 else self.rng.randint(5, 30)
            rest = self.rng.sample(self.people[2:], members - 1)
            yield UUID(int=self.rng.getrandbits(128), version=4), [self.people[0], *rest] if number < 3 else rest

    def _grants(self) -> Iterator[tuple[UUID, UUID, str]]:
        """Documents given to teams."""
        for number, (team, _) in enumerate(self.teams):
            share = 10 if number == 0 else 100 if number < 10 else 1000
            count = max(3, self.size.documents // share)
            for document in self.rng.sample(self.documents, count):
                yield document.id, team, self.rng.choice(["editor", "viewer", "viewer"])

    def _members(self) -> Iterator[tuple[UUID, UUID, str]]:
        """Documents given to people; most to nobody or a few, some to many."""
        for document in self.documents:
            count = min(int(self.rng.paretovariate(1.2)) - 1, 60, len(self.people) - 1)
            for person in self.rng.sample(self.people, count):
                if person != document.owner:
                    yield document.id, person, self.rng.choice(["editor", "editor", "commenter", "viewer"])

    def texts(self) -> Iterator[tuple[str, str]]:
        """Title and text of each document, in the order of the documents."""
        lengths = (max(0, int(self.rng.gammavariate(0.7, self.size.text_words / 0.7))) for _ in self.documents)
        for number, length in enumerate(lengths):
            words = _LONG_TEXT_WORDS if number % max(1, self.size.documents // self.size.long_texts) == 7 else length
            yield " ".join(self.words.some(self.rng.randint(1, 6))), " ".join(self.words.some(words))[:150_000]

    def folders(self) -> Iterator[tuple[UUID, UUID]]:
        """Id and owner: some of the person with the most, a few of every fifth."""
        for number, person in enumerate(self.people):
            for _ in range(_FOLDERS if number == 0 else 3 if number % 5 == 0 else 0):
                yield UUID(int=self.rng.getrandbits(128), version=4), person

    def comments(self) -> Iterator[tuple[UUID, int]]:
        """A document and how many comments a thread of its has, for every thread."""
        for number, document in enumerate(self.documents):
            threads = 1500 if number == 0 else int(self.rng.paretovariate(2)) - 1
            for _ in range(min(threads, 1500)):
                yield document.id, min(int(self.rng.paretovariate(1.5)), 50)


def uuid_at(at: datetime, rng: random.Random) -> UUID:
    """Version 7: in the order of their times, as PostgreSQL makes them."""
    random_bits = rng.getrandbits(74)
    high, low = random_bits >> 62, random_bits & ((1 << 62) - 1)
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
