"""An environment that is up, and people in it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.system.api import Person
from tests.system.typist import Typist, converged

if TYPE_CHECKING:
    from tests.system.project import Project

_POLL_S = 0.1


Recovered = Callable[[], bool]
"""Whether what was killed has been replaced and everything is healthy again."""


class Running(ABC):
    """An environment that is up, on whichever target. ``url`` stays the same over :meth:`stop` and :meth:`start`."""

    project: Project
    url: str
    recovery_s: float
    """How long it may take until everything is well again after any one part was killed, with nothing else to do."""

    @property
    def patience_s(self) -> float:
        """The same on a machine that does much else."""
        return 3 * self.recovery_s

    def person(self, name: str) -> Person:
        """A new account."""
        return Person.register(self.url, name)

    def administrator(self, name: str) -> Person:
        """A new account that administrates, as an operator makes one."""
        person = self.person(name)
        self.project.run("user", "grant-admin", person.email)
        person.sign_in()
        return person

    @property
    @abstractmethod
    def victims(self) -> Sequence[str]:
        """What :meth:`kill` can kill."""

    @abstractmethod
    def kill(self, victim: str) -> Recovered:
        """End a part with no warning."""

    @abstractmethod
    def wait_healthy(self, timeout_s: float) -> None:
        """Wait until every part is healthy. Raises ``AssertionError`` naming those that are not."""

    @abstractmethod
    def secret(self, name: str) -> str:
        """One of the environment's secrets, for tests that forge what a key's holder alone can make."""

    @abstractmethod
    def stop(self) -> None:
        """Everything ends; the data stays."""

    @abstractmethod
    def start(self) -> None:
        """Everything stands again."""

    @abstractmethod
    def restart_replicas(self, component: str) -> Iterator[Recovered]:
        """Kill a component's replicas, one at each step."""

    @contextmanager
    @abstractmethod
    def replica_doors(self, component: str) -> Generator[Sequence[str]]:
        """Where WebSockets reach each replica of a component past the gateway."""

    def wait(self, recovered: Recovered, timeout_s: float | None = None) -> None:
        """Wait until that is so, by default for :attr:`recovery_s`."""
        allowed_s = timeout_s or self.recovery_s
        deadline = time.monotonic() + allowed_s
        while not recovered():
            if time.monotonic() > deadline:
                raise AssertionError(f"not well again after {allowed_s:g} s: {self.state()}")
            time.sleep(_POLL_S)

    @abstractmethod
    def state(self) -> Mapping[str, str]:
        """The state of each part, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers:
    """Two people in one document, and a third in another who will not be there to repeat what the system lost."""

    url: str
    ann: Typist
    ben: Typist
    loner: Typist
    owner: Person
    shared: str
    lonely: str

    def start(self, every_ms: int = 20) -> None:
        """All type; returns when each had something acknowledged."""
        for typist in (self.ann, self.ben, self.loner):
            typist.type(every_ms)
        for typist in (self.ann, self.ben, self.loner):
            typist.wait_saved(10)

    def wait_saving(self, timeout_s: float) -> None:
        """Wait until what both wrote by now is acknowledged, which takes a working system."""
        for typist in (self.ann, self.ben):
            mark = len(typist.entries())
            typist.wait_saved(typist.saved + 5, timeout_s)
            assert len(typist.entries()) >= mark

    def settle(self, timeout_s: float = 60) -> None:
        """Stop typing; everything must be acknowledged, both must see the same, and so must whoever comes new."""
        written = {typist.label: typist.pause() for typist in (self.ann, self.ben)}
        for typist in (self.ann, self.ben):
            typist.wait_saved(written[typist.label], timeout_s)
        seen = converged([self.ann, self.ben], timeout_s=timeout_s)
        for label, count in written.items():
            own = [entry for entry in seen if entry.startswith(f"{label}-")]
            assert own == [f"{label}-{number}" for number in range(1, count + 1)], f"{label} wrote {count} entries"
        assert self.loaded_anew(self.shared) == seen

    def assert_kept(self, acknowledged: int) -> None:
        """What the loner was told is saved must be there, though nobody but the system ever had it."""
        kept = [entry for entry in self.loaded_anew(self.lonely) if entry.startswith("loner-")]
        expected = [f"loner-{number}" for number in range(1, acknowledged + 1)]
        assert kept[:acknowledged] == expected, f"{acknowledged} acknowledged, {len(kept)} there"

    def loaded_anew(self, document: str) -> list[str]:
        """The document as somebody sees it who opens it now."""
        with Typist(self.url, self.owner, document, label="reader") as reader:
            reader.wait_synced()
            return reader.entries()


@contextmanager
def writers(environment: Running, *, shared_through: Sequence[str] = ()) -> Generator[Writers]:
    """Three connected people with fresh documents; ``shared_through``: where Ann and Ben connect to, if special."""
    ann, ben = environment.person("Ann"), environment.person("Ben")
    shared, lonely = ann.create_document("Shared"), ann.create_document("Lonely")
    ann.share(shared.id, ben, "editor")
    first, second, *_ = [*shared_through, None, None]
    with ExitStack() as stack:
        typists = [
            stack.enter_context(Typist(environment.url, person, document, label=label, websocket=websocket))
            for person, document, label, websocket in (
                (ann, shared.id, "ann", first),
                (ben, shared.id, "ben", second),
                (ann, lonely.id, "loner", None),
            )
        ]
        for typist in typists:
            typist.wait_synced()
        yield Writers(
            url=environment.url,
            ann=typists[0],
            ben=typists[1],
            loner=typists[2],
            owner=ann,
            shared=shared.id,
            lonely=lonely.id,
        )
