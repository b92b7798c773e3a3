"""Environments placed on a machine that is not there: for tests of what is pure."""

from pathlib import Path

from collab_platform.blueprint import derive
from collab_platform.environment import Environment
from collab_platform.gateway import Nginx
from collab_platform.targets.local.binaries import Binaries
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.ports import port_names
from collab_platform.targets.local.programs import Place
from collab_platform.targets.local.state import PostgresHome


def make_place(folder: Path, environment: Environment | None = None) -> Place:
    """An environment whose ports are 20001, 20002, … and whose secrets are ``secret of NAME``."""
    chosen = environment or Environment()
    blueprint = derive("test", chosen)
    place = Place(
        name="test",
        environment=chosen,
        blueprint=blueprint,
        paths=Paths(root=folder, state=folder / "state"),
        ports={name: 20_001 + index for index, name in enumerate(port_names(blueprint))},
        postgres=PostgresHome(home=str(folder / "state/data/postgresql"), binaries="/pg/bin"),
        binaries=Binaries(),
        secret=lambda name: f"secret of {name}",
    )
    place.__dict__["nginx"] = Nginx(binary=Path("/bin/sh"), version="1.31.3")  # found by looking at the machine
    return place
