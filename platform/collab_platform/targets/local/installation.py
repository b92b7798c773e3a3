"""One environment on this machine, as every command looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from collab_platform.blueprint import derive
from collab_platform.environment import Environment
from collab_platform.errors import NotRunningError
from collab_platform.given import given_secrets, read_certificates
from collab_platform.secrets import missing_secrets, read_secret
from collab_platform.targets.local.binaries import Binaries
from collab_platform.targets.local.cluster import find_home, is_initialised
from collab_platform.targets.local.editor import editor_fingerprint, is_current
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.plan import Observed
from collab_platform.targets.local.ports import port_names
from collab_platform.targets.local.programs import Place
from collab_platform.targets.local.state import PostgresHome, State, load_state
from collab_platform.targets.local.supervisor import ProcessInfo, Supervisor


@dataclass(frozen=True)
class Installation:
    """``environment`` is what is wanted; what was last brought up is in the state.

    ``keeps_given``: what the operator gave (secrets, authorities) is wanted as it was last brought up, too.
    """

    name: str
    environment: Environment
    paths: Paths
    keeps_given: bool = False
    binaries: Binaries = field(default_factory=Binaries)

    @cached_property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.paths.supervisor_socket)

    @cached_property
    def given(self) -> dict[str, str]:
        """The secrets that the operator gives, by their names. Raises :class:`EnvironmentInvalidError`."""
        return {} if self.keeps_given else given_secrets(self.environment, self.paths.root)

    @cached_property
    def authorities(self) -> str:
        """Whom services trust beside the system's, as PEM. Raises :class:`EnvironmentInvalidError`."""
        name = self.environment.services.ca_file
        if not name or self.keeps_given:
            return self._kept_authorities()
        return read_certificates(self.paths.root, "services.ca_file", name)

    def _kept_authorities(self) -> str:
        try:
            return self.paths.authorities.read_text(encoding="ascii") if self.environment.services.ca_file else ""
        except FileNotFoundError:
            return ""

    def state(self) -> State:
        return load_state(self.paths.state_file, self.name)

    def wanted_place(
        self, state: State, *, ports: Mapping[str, int] | None = None, postgres: PostgresHome | None = None
    ) -> Place:
        """The wanted environment. Ports that are not chosen yet are 0, secrets that are not made yet are empty.

        Raises :class:`EnvironmentInvalidError` for a file that the operator names and that is not as it should be.
        """
        blueprint = derive(self.name, self.environment)
        known = state.ports if ports is None else ports
        return Place(
            name=self.name,
            environment=self.environment,
            blueprint=blueprint,
            paths=self.paths,
            ports={name: known.get(name, 0) for name in port_names(blueprint)},
            postgres=postgres or self.postgres_home(state),
            binaries=self.binaries,
            secret=lambda name: self.given.get(name) or self._secret(name),
            given=self.given,
            authorities=self.authorities,
        )

    def running_place(self, state: State) -> Place:
        """The environment as it was last brought up. Raises :class:`NotRunningError` if it never was."""
        if state.settings is None or state.postgres is None:
            raise NotRunningError(
                f"environment {self.name!r} is not up", remedy=f"Bring it up with `collab up -e {self.name}`."
            )
        environment = msgspec.convert(state.settings, Environment)
        blueprint = derive(self.name, environment)
        return Place(
            name=self.name,
            environment=environment,
            blueprint=blueprint,
            paths=self.paths,
            ports={name: state.ports.get(name, 0) for name in port_names(blueprint)},
            postgres=state.postgres,
            binaries=self.binaries,
            secret=self._secret,
        )

    def postgres_home(self, state: State) -> PostgresHome:
        """Data stay where they were first put; the programs are those of the collab that runs now."""
        found = find_home(self.paths, self.binaries)
        if state.postgres is None or not Path(state.postgres.home).exists():  # never was, or moved with its project
            return found
        return msgspec.structs.replace(found, home=state.postgres.home, user=state.postgres.user)

    def processes(self) -> dict[str, ProcessInfo] | None:
        """What supervisord runs; None if there is no supervisord."""
        return self.supervisor.processes() if self.supervisor.answers() else None

    def observe(self, place: Place, state: State) -> Observed:
        """What stands, compared with ``place``. Changes nothing."""
        processes = self.processes()
        source = self.paths.editor_source
        return Observed(
            missing=(
                *(name for name, port in place.ports.items() if not port),
                *(spec.name for spec in missing_secrets(place.blueprint.secrets, self.paths.secrets)),
                *(name for name, value in place.given.items() if self._secret(name) not in {"", value}),
                *(("authorities",) if place.authorities != self._kept_authorities() else ()),
                *(("certificate",) if _certificate_is_due(place) else ()),
            ),
            supervised=processes is not None,
            processes=processes or {},
            applied=state.applied,
            editor_is_current=is_current(source, editor_fingerprint(source)),
            has_database=is_initialised(place.postgres),
            has_objects=(self.paths.data / "seaweedfs").is_dir(),
        )

    def _secret(self, name: str) -> str:
        try:
            return read_secret(self.paths.secrets, name)
        except FileNotFoundError:
            return ""


def _certificate_is_due(place: Place) -> bool:
    """Other names than it has show as a change of the gateway's configuration."""
    if place.environment.gateway.tls == "off":
        return False
    from cryptography import x509  # noqa: PLC0415 - only where there is TLS

    from collab_platform.gateway.certificate import RENEW_BEFORE  # noqa: PLC0415

    try:
        certificate = x509.load_pem_x509_certificate((place.tls_directory / "server.pem").read_bytes())
    except (OSError, ValueError):
        return True
    return certificate.not_valid_after_utc < datetime.now(UTC) + RENEW_BEFORE


def installation_of(state_directory: Path, root: Path) -> Installation | None:
    """The environment whose state is in a folder, with the values it was last brought up with; None if it never was."""
    paths = Paths(root=root, state=state_directory)
    state = load_state(paths.state_file, state_directory.name)
    if state.settings is None or state.wanted != "up":
        return None
    environment = msgspec.convert(state.settings, Environment)
    return Installation(name=state.environment, environment=environment, paths=paths, keeps_given=True)
