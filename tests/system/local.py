"""An environment on this machine: the `local` target."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.system.processes import kill_now
from tests.system.project import Project, throwaway
from tests.system.running import Recovered, Running
from tests.system.victims import VICTIMS, Find, main_process, replaced

RECOVERY_S = 25


class Local(Running):
    """What `collab up` of a project made."""

    recovery_s = RECOVERY_S

    def __init__(self, project: Project) -> None:
        self.project = project
        self.url = project.url()

    @property
    def victims(self) -> Sequence[str]:
        return tuple(VICTIMS)

    def kill(self, victim: str) -> Recovered:
        return self._kill(VICTIMS[victim])

    def wait_healthy(self, timeout_s: float) -> None:
        self.project.wait_healthy(timeout_s)

    def secret(self, name: str) -> str:
        return self.project.secret(name)

    def stop(self) -> None:
        self.project.down()

    def start(self) -> None:
        self.project.up()

    def restart_replicas(self, component: str) -> Iterator[Recovered]:
        for number in range(len(self.project.status().component(component).replicas)):
            yield self._kill(main_process(component, number))

    @contextmanager
    def replica_doors(self, component: str) -> Generator[Sequence[str]]:
        replicas = self.project.status().component(component).replicas
        yield [f"ws://127.0.0.1:{self.project.port(replica.name, 'websocket')}/collaboration" for replica in replicas]

    def state(self) -> Mapping[str, str]:
        return {component.name: component.state for component in self.project.status().components}

    def _kill(self, find: Find) -> Recovered:
        victim = find(self.project)
        kill_now(victim)
        return lambda: (
            replaced(find, self.project, victim) and all(state == "healthy" for state in self.state().values())
        )


@contextmanager
def running(settings: Mapping[str, str] | None = None, *, prefix: str = "t") -> Generator[Local]:
    """A throw-away environment, up and healthy; purged afterwards."""
    with throwaway(settings, prefix=prefix) as project:
        project.up()
        yield Local(project)
