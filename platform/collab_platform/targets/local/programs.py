"""The blueprint as programs for a supervisor: what each one runs, in which environment, with which files."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from collab_platform.blueprint import Blueprint, Component, Folder, Kind, Setting
from collab_platform.datastores import seaweedfs
from collab_platform.datastores.postgresql import HBA, render_postgresql_conf
from collab_platform.datastores.valkey import render_valkey_conf
from collab_platform.environment import Environment
from collab_platform.gateway import GatewaySite, Nginx, Tls, find_nginx, render, worker_user
from collab_platform.targets.local.binaries import Binaries
from collab_platform.targets.local.fingerprint import file_stamp, fingerprint, package_fingerprint
from collab_platform.targets.local.paths import Paths
from collab_platform.targets.local.ports import LOOPBACK, PUBLIC_PORT, listen_addresses, replicas
from collab_platform.targets.local.state import Footprint, PostgresHome

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
# SeaweedFS closes its volumes at once and then waits for streams of its own that never end.
_SEAWEEDFS_STOP_S = 3
_POSTGRESQL_STOP_S = 30
_OPEN_FILES = 16_384
# Its buffers count in full although hardly touched: a limit near them (192 MiB) has it collect garbage all the time,
# at a tenth of a core while idle.
_SEAWEEDFS_MEMORY = "448MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process under the supervisor.

    It starts in ``directory``, which is its own, with ``variables`` as its whole environment; ``executable`` is what
    runs in the end, where ``arguments`` begin with a launcher. ``files`` are what it reads at its start, ``reloaded``
    what it reads again on SIGHUP; all are written 0600 for ``user``. ``code`` and ``reloaded_salt`` stand for what else
    it reads that we do not write: its program text, its certificate.
    """

    replica: str
    component: str
    kind: Kind
    arguments: tuple[str, ...]
    directory: Path
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[Path, str] = field(default_factory=dict[Path, str])
    reloaded: Mapping[Path, str] = field(default_factory=dict[Path, str])
    code: str = ""
    reloaded_salt: str = ""
    executable: Path | None = None
    user: str | None = None
    stop_signal: str = "TERM"
    stop_wait_s: int = 10

    @property
    def script(self) -> str:
        """The shell script that starts it: the one place where an argument or a variable needs no other quoting."""
        assignments = (shlex.quote(f"{name}={value}") for name, value in sorted(self.variables.items()))
        command = (shlex.quote(argument) for argument in self.arguments)
        return (
            f"#!/bin/sh\nulimit -S -n {_OPEN_FILES} 2>/dev/null || ulimit -S -n $(ulimit -H -n)\n"
            f"cd {shlex.quote(str(self.directory))} || exit 1\n"
            f"exec env -i {' '.join(assignments)} \\\n    {' '.join(command)}\n"
        )

    @property
    def footprint(self) -> Footprint:
        return Footprint(
            kind=self.kind,
            directory=str(self.directory.resolve()),
            executable=str((self.executable or Path(self.arguments[0])).resolve()),
            argument=self.arguments[-1] if self.kind == "service" else "",
            stop_signal=self.stop_signal,
            stop_wait_s=self.stop_wait_s,
        )

    @property
    def restart_key(self) -> str:
        """Changes when the process has to be started anew."""
        return fingerprint(
            self.script, {str(path): text for path, text in self.files.items()}, self.code, self.user, self.stop_signal
        )

    @property
    def reload_key(self) -> str:
        """Changes when the process has to read its files again."""
        return fingerprint({str(path): text for path, text in self.reloaded.items()}, self.reloaded_salt)


@dataclass(frozen=True, kw_only=True)
class Place:
    """An environment on this machine: all that its programs depend on.

    ``secret`` reads a secret by its name. ``given`` are those that the operator gives, and ``authorities`` (PEM) whom
    services are to trust beside the system's: as they are to be, where they may differ from what is kept.
    """

    name: str
    environment: Environment
    blueprint: Blueprint
    paths: Paths
    ports: Mapping[str, int]
    postgres: PostgresHome
    binaries: Binaries
    secret: Callable[[str], str]
    given: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    authorities: str = ""

    @cached_property
    def nginx(self) -> Nginx:
        """Raises :class:`~collab_platform.errors.PreflightError` where there is none."""
        return find_nginx(self.environment.gateway.waf)

    @property
    def public_url(self) -> str:
        """What people type, as the operator says or as derived from the gateway's address."""
        if self.environment.site.public_url:
            return self.environment.site.public_url
        return self.local_url

    @property
    def local_url(self) -> str:
        """The gateway as this machine reaches it."""
        tls = self.environment.gateway.tls != "off"
        host, port = self.environment.gateway.host, self.ports[PUBLIC_PORT]
        shown = {"0.0.0.0": LOOPBACK, "::": "[::1]", "*": LOOPBACK}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        suffix = "" if port == (443 if tls else 80) else f":{port}"
        return f"{'https' if tls else 'http'}://{shown}{suffix}"

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """The names that the gateway's certificate must be good for."""
        host = self.environment.gateway.host
        named = [urlsplit(self.public_url).hostname or "", "" if host in {"0.0.0.0", "::", "*"} else host]  # noqa: S104
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def tls_directory(self) -> Path:
        return self.paths.secrets / "tls"

    def port(self, component: str, port: str, number: int = 1) -> int:
        return self.ports[f"{component}-{number}/{port}"]

    def component_ports(self, replica: str) -> dict[str, int]:
        """A replica's ports by their own names."""
        prefix = f"{replica}/"
        return {name.removeprefix(prefix): port for name, port in self.ports.items() if name.startswith(prefix)}

    def work_directory(self, replica: str) -> Path:
        """Where a replica runs: tells its processes from all others."""
        match replica:
            case "postgresql-1":
                return Path(self.postgres.home) / "cluster"
            case "valkey-1" | "seaweedfs-1":
                return self.paths.data / replica.removesuffix("-1")
            case _:
                return self.paths.work / replica

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """Every program of the environment, in dependency order."""
        return tuple(
            self._program(component, number, replica)
            for component in self.blueprint.components
            for number, replica in enumerate(replicas(component), 1)
        )

    def settings(self, component: Component, number: int) -> dict[str, str]:
        """The variables of a service's replica. Secrets are in them as the paths of their files."""
        return {
            "COLLAB_HOST": LOOPBACK,
            "COLLAB_INSTANCE": f"{component.name}-{number}",
            **({"COLLAB_CA_FILE": str(self.paths.authorities)} if self.environment.services.ca_file else {}),
            **{name: self._resolve(value, component, number) for name, value in component.settings.items()},
            **{variable: str(self.paths.secrets / secret) for variable, secret in component.secrets.items()},
        }

    def _resolve(self, value: Setting, component: Component, number: int) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, Folder):
            return str(self.paths.data / value.name)
        if not value.component:
            return value.template.format(url=self.public_url)
        if value.component == component.name:
            target = number
        else:
            # Callers are spread over the replicas of whom they call.
            target = (number - 1) % self.blueprint.component(value.component).replicas + 1
        return value.template.format(host=LOOPBACK, port=self.port(value.component, value.port, target))

    def _program(self, component: Component, number: int, replica: str) -> Program:
        match component.name:
            case "postgresql":
                return self._postgresql(replica)
            case "valkey":
                return self._valkey(replica)
            case "seaweedfs":
                return self._seaweedfs(replica)
            case "gateway":
                return self._gateway(component, replica)
            case _:
                return self._service(component, number, replica)

    def _base(self, directory: Path) -> dict[str, str]:
        return {"HOME": str(directory), "LANG": "C.UTF-8", "PATH": _SYSTEM_PATH, "TZ": "UTC"}

    def _postgresql(self, replica: str) -> Program:
        home, directory = Path(self.postgres.home), self.work_directory(replica)
        server = Path(self.postgres.binaries) / "postgres"
        conf, hba = home / "config/postgresql.conf", home / "config/pg_hba.conf"
        settings = self.environment.postgresql
        return Program(
            replica=replica,
            component="postgresql",
            kind="datastore",
            arguments=(str(server), "-D", str(directory), f"--config-file={conf}", f"--hba-file={hba}"),
            directory=directory,
            variables=self._base(home),
            files={
                conf: render_postgresql_conf(settings, host=LOOPBACK, port=self.port("postgresql", "sql")),
                hba: HBA,
            },
            code=file_stamp(self.binaries.postgresql / "postgres"),
            user=self.postgres.user,
            stop_signal="INT",
            stop_wait_s=_POSTGRESQL_STOP_S,
        )

    def _valkey(self, replica: str) -> Program:
        directory, conf = self.work_directory(replica), self.paths.run / "valkey.conf"
        return Program(
            replica=replica,
            component="valkey",
            kind="datastore",
            arguments=(str(self.binaries.valkey), str(conf)),
            directory=directory,
            variables=self._base(directory),
            files={
                conf: render_valkey_conf(
                    self.environment.valkey,
                    host=LOOPBACK,
                    port=self.port("valkey", "redis"),
                    password=self.secret("redis"),
                )
            },
            code=file_stamp(self.binaries.valkey),
        )

    def _seaweedfs(self, replica: str) -> Program:
        directory, identities = self.work_directory(replica), self.paths.run / "seaweedfs-identities.json"
        arguments = seaweedfs.server_arguments(
            data=directory,
            sockets=self.paths.sockets,
            identities=identities,
            host=LOOPBACK,
            ports=self.component_ports(replica),
        )
        return Program(
            replica=replica,
            component="seaweedfs",
            kind="datastore",
            arguments=(str(self.binaries.weed), *arguments),
            directory=directory,
            variables={**self._base(directory), **seaweedfs.VARIABLES, "GOMEMLIMIT": _SEAWEEDFS_MEMORY, "GOGC": "50"},
            files={
                identities: seaweedfs.render_identities(
                    bucket=self.environment.object_storage.bucket,
                    secret_key=self.secret("s3"),
                    admin_secret_key=self.secret("s3-admin"),
                )
            },
            code=file_stamp(self.binaries.weed),
            stop_wait_s=_SEAWEEDFS_STOP_S,
        )

    def _service(self, component: Component, number: int, replica: str) -> Program:
        directory = self.work_directory(replica)
        package = f"collab_{component.name}"
        return Program(
            replica=replica,
            component=component.name,
            kind="service",
            arguments=(*python_command(), package),
            directory=directory,
            variables={
                **self._base(directory),
                "PYTHONUNBUFFERED": "1",
                # Fewer malloc arenas: threads of a service are few and short-lived, and each arena costs memory.
                "MALLOC_ARENA_MAX": "2",
                **self.settings(component, number),
            },
            code=fingerprint(
                package_fingerprint(package),
                package_fingerprint("collab_kit"),
                self._dependencies,
                self.authorities,
                self._given_to(component),
            ),
            stop_wait_s=self.environment.services.drain_timeout_s + 5,
        )

    def _gateway(self, component: Component, replica: str) -> Program:
        directory, folder = self.work_directory(replica), self.paths.gateway
        tls = Tls(self.tls_directory / "server.pem", self.tls_directory / "server.key")
        with_tls = self.environment.gateway.tls != "off"
        drain_s = self.environment.services.drain_timeout_s
        site = GatewaySite(
            nginx=self.nginx,
            listen=tuple(
                (address, self.ports[PUBLIC_PORT]) for address in listen_addresses(self.environment.gateway.host)
            ),
            status_port=self.ports[f"{replica}/status"],
            public_url=self.public_url,
            name=self.environment.site.name,
            tls=tls if with_tls else None,
            web_root=self.paths.editor,
            upstreams={
                (other.name, port): tuple(f"{LOOPBACK}:{self.ports[f'{each}/{port}']}" for each in replicas(other))
                for other in self.blueprint.components
                if other.name in component.depends_on
                for port in other.ports
            },
            limits=self.environment.gateway,
            configuration_directory=folder,
            run_directory=directory,
            cache_directory=directory / "cache",
            verdict_directory=self.paths.memory and self.paths.memory / "verdicts",
            log_directory=self.paths.logs,
            user=worker_user(self.paths.editor, directory),
            shutdown_timeout_s=drain_s,
        )
        reloaded = {folder / name: text for name, text in render(self.blueprint, site).items()}
        certificate = tls.certificate.read_text() if with_tls and tls.certificate.is_file() else ""
        return Program(
            replica=replica,
            component="gateway",
            kind="gateway",
            arguments=tuple(self.nginx.command(folder / "nginx.conf")),
            directory=directory,
            variables=self._base(directory),
            reloaded=reloaded,
            reloaded_salt=fingerprint(certificate),
            # nginx cannot take over an address that the one it had before includes, or is included by.
            code=fingerprint(file_stamp(self.nginx.binary), site.listen),
            executable=self.nginx.binary,
            stop_signal="QUIT",
            stop_wait_s=drain_s + 5,
        )

    def _given_to(self, component: Component) -> str:
        """Changes with what the operator gives it; nobody who reads it can tell by trying what a person chose."""
        own = set(component.secrets.values())
        names = [spec.name for spec in self.blueprint.secrets if spec.kind == "given" and spec.name in own]
        return fingerprint(self.secret("internal-token"), *map(self.secret, names)) if names else ""

    @cached_property
    def _dependencies(self) -> str:
        lock = self.paths.root / "uv.lock"
        return file_stamp(lock) if lock.is_file() else ""


def python_command() -> tuple[str, ...]:
    """Runs a module of ours, whatever lies in its working directory."""
    return (sys.executable, "-P", "-m")
