"""Where the state is kept, and what every engine command is told of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from collab_platform.environment import Environment
from collab_platform.files import clear_disk_errors, make_directory, write_atomically

_PASSPHRASES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


@dataclass(frozen=True, slots=True)
class Places:
    """Folders of an environment on this machine; ``root`` is the project's folder."""

    state: Path
    root: Path

    @classmethod
    def of(cls, name: str, root: Path) -> Places:
        base = Path(os.environ.get("COLLAB_STATE_DIR") or root / ".collab")
        return cls(state=(base / name).absolute(), root=root.absolute())

    @property
    def pulumi(self) -> Path:
        return self.state / "pulumi"

    @property
    def files_backend(self) -> Path:
        return self.pulumi / "backend"

    @property
    def passphrase(self) -> Path:
        return self.pulumi / "passphrase"

    @property
    def engine_log(self) -> Path:
        return self.state / "logs" / "pulumi.log"

    def work(self, stack: str) -> Path:
        """The project's folder as the engine sees it: its settings, and the stack's configuration."""
        return self.pulumi / "work" / stack


def backend_url(environment: Environment, places: Places) -> str:
    """Of the state: files of our own unless the environment says otherwise."""
    return environment.pulumi.backend or f"file://{places.files_backend}"


def keeps_files(environment: Environment) -> bool:
    """Whether the state is in the environment's own state directory."""
    return not environment.pulumi.backend


def engine_variables(environment: Environment, places: Places) -> dict[str, str]:
    """Environment variables for each engine command. No secret: those stay in files, and in the operator's own."""
    variables = {
        "PULUMI_BACKEND_URL": backend_url(environment, places),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if wants_own_passphrase(environment, os.environ):
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(places.passphrase)
    if environment.kubernetes.kubeconfig:
        variables["KUBECONFIG"] = str(kubeconfig(environment, places))
    if environment.aws.region:
        variables["AWS_REGION"] = environment.aws.region
    return variables


def kubeconfig(environment: Environment, places: Places) -> Path:
    """The kubeconfig that the environment names, relative to the project."""
    return places.root / Path(environment.kubernetes.kubeconfig).expanduser()


def wants_own_passphrase(environment: Environment, variables: Mapping[str, str]) -> bool:
    """Whether secrets in the state are encrypted with a passphrase that the operator does not give."""
    return environment.pulumi.secrets_provider == "passphrase" and not any(variables.get(name) for name in _PASSPHRASES)


def was_never_used(environment: Environment, places: Places) -> bool:
    """Whether there can be no stack yet: then the engine need not be asked, and nothing is written for it."""
    return keeps_files(environment) and not places.files_backend.is_dir()


def lacks_passphrase(environment: Environment, places: Places) -> bool:
    """Whether the state's secrets cannot be read from here."""
    return wants_own_passphrase(environment, os.environ) and not places.passphrase.is_file()


def prepare(environment: Environment, places: Places) -> None:
    """Folders and passphrase. One that exists is never changed: without it the state's secrets are lost."""
    with clear_disk_errors(places.state):
        make_directory(places.state, 0o711)
        make_directory(places.pulumi, 0o700)
        if keeps_files(environment):
            make_directory(places.files_backend, 0o700)
        if lacks_passphrase(environment, places):
            write_atomically(places.passphrase, secrets.token_urlsafe(32) + "\n", mode=0o600)
