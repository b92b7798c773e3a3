"""The stacks of an environment through Pulumi's Automation API.

The programs run in this process (Pulumi calls that *inline*): the same files that ``pulumi up`` runs in ``stacks/``,
with no virtual environment and no language plugin to find, and with what ``--set`` said. Their settings and
configuration are in the state directory, so a checkout is never written to.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec
from pulumi.automation import (
    CommandResult,
    LocalWorkspace,
    ProjectSettings,
    Stack,
    StackSettings,
)
from pulumi.automation.errors import CommandError, ConcurrentUpdateError, StackNotFoundError

from collab_platform.environment import Environment, Resolved, leaves
from collab_platform.environment.files import REPOSITORY
from collab_platform.errors import CollabError, LockedError, PreflightError
from collab_platform.targets.kubernetes.backend import (
    Places,
    engine_variables,
    lacks_passphrase,
    prepare,
    was_never_used,
)
from collab_platform.targets.kubernetes.engine import Engine, engine_version, find_engine
from collab_platform.targets.kubernetes.engine_log import EngineLog
from collab_platform.targets.kubernetes.events import plain
from collab_platform.targets.kubernetes.stack_order import StackName, StackSpec, stack_specs
from collab_platform.targets.lock import elapsed

_LOCKED_BY = re.compile(r"created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)")
_PLUGIN = re.compile(r"(?:no resource plugin '([^']+)'|[Cc]ould not (?:find|load) (?:latest |)plugin[^\n]*)")


class Stacks:
    """All stacks of one environment. Making one asks nothing; each method may raise :class:`CollabError`."""

    def __init__(self, resolved: Resolved, *, places: Places) -> None:
        self._resolved = resolved
        self._places = places
        self.specs = stack_specs(resolved.name, resolved.environment)

    @property
    def environment(self) -> Environment:
        return self._resolved.environment

    @cached_property
    def engine(self) -> Engine:
        """Raises :class:`PreflightError`."""
        program = find_engine()
        return Engine(program, engine_version(program), log=EngineLog(self._places.engine_log))

    def existing(self, spec: StackSpec) -> Stack | None:
        """The stack, with its configuration brought up to date; ``None`` where it was never made."""
        if was_never_used(self.environment, self._places):
            return None
        with plainly(spec):
            try:
                stack = Stack.select(self._full_name(spec), self._workspace(spec))
            except StackNotFoundError:
                return None
            self._require_passphrase(spec)
            return self._configured(stack, spec)

    def made(self, spec: StackSpec) -> Stack:
        """The stack, which is made where it is not there yet."""
        if (stack := self.existing(spec)) is not None:
            return stack
        prepare(self.environment, self._places)
        with plainly(spec):
            return self._configured(Stack.create(self._full_name(spec), self._workspace(spec)), spec)

    @contextmanager
    def imagined(self, spec: StackSpec) -> Generator[Stack]:
        """A stack for a preview of one that was never made: in a backend of its own that goes away."""
        with TemporaryDirectory(prefix="collab-preview-") as folder, plainly(spec):
            variables = {
                **engine_variables(self.environment, self._places),
                "PULUMI_BACKEND_URL": f"file://{folder}",
                "PULUMI_CONFIG_PASSPHRASE": "none: nothing is kept",
            }
            work = Path(folder) / "work"
            workspace = self._workspace(spec, work=work, variables=variables, secrets_provider="passphrase")
            yield self._configured(Stack.create(self._resolved.name, workspace), spec)

    def run(self, spec: StackSpec, stack: Stack, *args: str) -> CommandResult:
        """A command that the Automation API has no method for, or one that would show secrets."""
        with plainly(spec):
            workspace = cast("LocalWorkspace", stack.workspace)
            return self.engine.run([*args, "--stack", stack.name], workspace.work_dir, workspace.env_vars)

    def outputs(self, spec: StackSpec, stack: Stack) -> dict[str, Any]:
        """What a stack exports; a secret is ``[secret]``. The Automation API would decrypt them."""
        return json.loads(self.run(spec, stack, "stack", "output", "--json").stdout or "{}")

    def deployment(self, spec: StackSpec, stack: Stack) -> dict[str, Any]:
        """The state of a stack, its secrets encrypted."""
        found: dict[str, Any] = json.loads(self.run(spec, stack, "stack", "export").stdout or "{}")
        return found.get("deployment") or {}

    def pending(self, spec: StackSpec, stack: Stack) -> tuple[tuple[str, str], ...]:
        """What was under way when the last command ended early, as pairs of URN and ``creating``, ``updating``, …."""
        operations: list[dict[str, Any]] = self.deployment(spec, stack).get("pending_operations") or []
        return tuple((operation["resource"]["urn"], str(operation["type"])) for operation in operations)

    def spec(self, name: StackName) -> StackSpec | None:
        return next((spec for spec in self.specs if spec.name == name), None)

    def _require_passphrase(self, spec: StackSpec) -> None:
        """A new passphrase for an old stack would make its secrets unreadable."""
        if lacks_passphrase(self.environment, self._places):
            raise CollabError(
                f"stack {spec.name}: the passphrase that its secrets are encrypted with is not on this machine",
                remedy=f"Copy {self._places.passphrase} from where it was made, or set PULUMI_CONFIG_PASSPHRASE.",
            )

    def _full_name(self, spec: StackSpec) -> str:
        organization = self.environment.pulumi.organization
        return f"{organization}/{spec.project}/{self._resolved.name}" if organization else self._resolved.name

    def _workspace(
        self,
        spec: StackSpec,
        *,
        work: Path | None = None,
        variables: dict[str, str] | None = None,
        secrets_provider: str = "",
    ) -> LocalWorkspace:
        folder = work or self._places.work(spec.name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        program = REPOSITORY / "stacks" / spec.name / "__main__.py"
        if not program.is_file():
            raise PreflightError(f"the program of stack {spec.name} is missing: {program}")
        return LocalWorkspace(
            work_dir=str(folder),
            program=self._program(program),
            env_vars=variables or engine_variables(self.environment, self._places),
            secrets_provider=secrets_provider or self.environment.pulumi.secrets_provider,
            project_settings=ProjectSettings(name=spec.project, runtime="python", main=str(program.parent)),
            pulumi_command=self.engine,
        )

    def _program(self, program: Path) -> Callable[[], None]:
        """Runs a program as if the operator's ``--set`` had been variables, which is all a program reads."""
        told = {"COLLAB_PROJECT": str(self._places.root), **flag_variables(self._resolved)}

        def run() -> None:
            with _variables(told):
                runpy.run_path(str(program), run_name=f"collab_stack_{program.parent.name}")

        return run

    def _configured(self, stack: Stack, spec: StackSpec) -> Stack:
        """Write the configuration into the stack's file: the engine's own command would take it as arguments."""
        workspace = stack.workspace
        try:
            held = workspace.stack_settings(stack.name)
        except FileNotFoundError:
            held = StackSettings()
        config = dict(spec.config)
        if held.config != config:
            settings = StackSettings(
                secrets_provider=held.secrets_provider,
                encrypted_key=held.encrypted_key,
                encryption_salt=held.encryption_salt,
                config=config,
            )
            workspace.save_stack_settings(stack.name, settings)
        return stack


def flag_variables(resolved: Resolved) -> dict[str, str]:
    """What ``--set`` gave, as the variables that would have said the same."""
    found: dict[str, str] = {}
    for key, origin in resolved.origins.items():
        if origin.kind != "flag":
            continue
        value: Any = resolved.environment
        for part in key.split("."):
            value = getattr(value, part)
        found[leaves()[key].variable] = _as_variable(value)
    return found


def _as_variable(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, tuple):
        return str(value)
    items = cast("tuple[object, ...]", value)
    if items and isinstance(items[0], msgspec.Struct):
        return msgspec.json.encode(items).decode()
    return ",".join(map(str, items))


@contextmanager
def plainly(spec: StackSpec) -> Generator[None]:
    """Turn what the engine says into an error with a remedy."""
    try:
        yield
    except ConcurrentUpdateError as error:
        raise LockedError(
            f"stack {spec.name} is held by {lock_holder(str(error))}",
            remedy="Wait until it is done. If that command is no more, `collab unlock` frees the stack.",
        ) from None
    except CommandError as error:
        if isinstance(error, StackNotFoundError):
            raise
        raise _engine_error(spec, str(error)) from None


def lock_holder(text: str) -> str:
    """Who holds a stack and how long, from what the engine says of it: ``ada@host (pid 7) for 3 min``."""
    found = _LOCKED_BY.search(text)
    if found is None:
        return "another update"
    user, host, pid, at = found.groups()
    with suppress(ValueError):
        return f"{user}@{host} (pid {pid}) for {elapsed(time.time() - datetime.fromisoformat(at).timestamp())}"
    return f"{user}@{host} (pid {pid})"


def _engine_error(spec: StackSpec, text: str) -> CollabError:
    # The Automation API's error is the exit code and both streams, each after its name.
    lines = [plain(line).removeprefix("stdout: ").removeprefix("stderr: ") for line in text.splitlines()]
    said = [line.removeprefix("error: ") for line in lines if "rror:" in line]
    if _PLUGIN.search(text):
        return PreflightError(
            f"stack {spec.name}: a provider plugin of Pulumi is missing",
            remedy="The engine fetches plugins itself where it may; else install them with `pulumi plugin install`.",
            details=tuple(said),
        )
    if "incorrect passphrase" in text:
        return CollabError(
            f"stack {spec.name}: the passphrase is not the one that its secrets are encrypted with",
            remedy="Bring back the file `pulumi/passphrase` of the state directory, or set PULUMI_CONFIG_PASSPHRASE.",
        )
    reason = (
        said[0] if said else next((line for line in reversed(lines) if line and line not in {"stdout:", "stderr:"}), "")
    )
    return CollabError(
        f"stack {spec.name}: {reason or 'the engine failed'}",
        remedy="`collab status` shows what stands; `logs/pulumi.log` in the state directory has the engine's own words",
        details=tuple(said[1:]),
    )


@contextmanager
def _variables(values: dict[str, str]) -> Generator[None]:
    held = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in held.items():
            if value is None:
                with suppress(KeyError):
                    del os.environ[name]
            else:
                os.environ[name] = value


__all__ = ["Stacks", "flag_variables", "lock_holder", "plainly"]
