"""An environment that is up, and people in it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.system.api import Person
from tests.system.project import Project, throwaway
from tests.system.typist import Typist, converged


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """``url`` stays the same over `down` and `up`."""

    project: Project
    url: str

    def person(self, name: str) -> Person:
        """A new account."""
        return Person.register(self.url, name)


@contextmanager
def running(settings: Mapping[str, str] | None = None, *, prefix: str = "t") -> Generator[Running]:
    """A throw-away environment, up and healthy; purged afterwards."""
    with throwaway(settings, prefix=prefix) as project:
        project.up()
        yield Running(project=project, url=project.url())


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

    def settle(self, timeout_s: float = 20) -> None:
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
def writers(environment: Running, *, shared_through: tuple[str, str] | None = None) -> Generator[Writers]:
    """Three connected people with fresh documents; ``shared_through``: where Ann and Ben connect to, if special."""
    ann, ben = environment.person("Ann"), environment.person("Ben")
    shared, lonely = ann.create_document("Shared"), ann.create_document("Lonely")
    ann.share(shared.id, ben, "editor")
    first, second = shared_through or (None, None)
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
