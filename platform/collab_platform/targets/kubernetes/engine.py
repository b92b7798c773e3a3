"""The Pulumi engine: finding it, and running it so that a deadline, Ctrl-C and the log are ours.

The Automation API runs ``pulumi`` in our own process group and waits for it without end: a Ctrl-C would reach the
engine and its plugins at once, and a hang would be one. :class:`Engine` gives each command a session of its own and a
deadline; the first signal asks the engine to stop after what it has under way, the second ends it with its plugins.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

import psutil
from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from collab_platform.errors import CollabError, PreflightError
from collab_platform.targets.kubernetes.engine_log import EngineLog

VARIABLE = "COLLAB_PULUMI"
MINIMUM = VersionInfo(3, 208, 0)
"""The first engine with the ``Stash`` resource, which keeps the installation's root secret."""

_HOW_TO_GET_IT = (
    f"Install {MINIMUM} or newer from https://www.pulumi.com/docs/install/, or name it in {VARIABLE}. "
    "`collab render` needs no engine."
)
_VERSION_TIMEOUT_S = 30
_SHORT_S = 300.0
_DEADLINES_S = {"up": 3600.0, "destroy": 3600.0, "refresh": 1800.0, "preview": 900.0}
_GRACE_S = 600.0
"""How long an interrupted engine may take to end what it has under way."""


def find_engine() -> Path:
    """``COLLAB_PULUMI``, else ``pulumi`` on PATH. Raises :class:`PreflightError`."""
    chosen = os.environ.get(VARIABLE, "")
    found = shutil.which(chosen or "pulumi")
    if found is None:
        summary = f"{VARIABLE} names no program: {chosen}" if chosen else "the Pulumi engine is not installed"
        raise PreflightError(summary, remedy=_HOW_TO_GET_IT)
    return Path(found).absolute()


def engine_version(program: Path) -> VersionInfo:
    """Raises :class:`PreflightError` where it does not say, or is too old for what the programs use."""
    try:
        done = subprocess.run(
            [program, "version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
        version = VersionInfo.parse(done.stdout.strip().removeprefix("v"))
    except (OSError, subprocess.TimeoutExpired, ValueError):
        raise PreflightError(f"{program} does not tell its version", remedy=_HOW_TO_GET_IT) from None
    if version.finalize_version() < MINIMUM or version.major != MINIMUM.major:
        raise PreflightError(f"the Pulumi engine {program} is {version}, not {MINIMUM} or newer", remedy=_HOW_TO_GET_IT)
    return version


class Engine(PulumiCommand):
    """What the Automation API runs commands with."""

    def __init__(self, program: Path, version: VersionInfo, *, log: EngineLog) -> None:  # pyright: ignore[reportMissingSuperCall] - it would look for an engine of its own
        self.command = str(program)
        self.version = version
        self._log = log

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Raises ``CommandError``; :class:`CollabError` after the deadline; ``KeyboardInterrupt`` when it has ended."""
        verb = args[0] if args else ""
        own = args[: args.index("--")] if "--" in args else args
        argv = [self.command, *([] if "--non-interactive" in own else ["--non-interactive"]), *args]
        # Plugins and the language host's helper lie beside the engine.
        path = os.pathsep.join([str(Path(self.command).parent), os.environ.get("PATH", "")])
        env = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true", "PATH": path}
        shown = verb in _DEADLINES_S or verb == "cancel"  # others print state and outputs, for us alone
        with self._log.command(args) as write:
            done = run_in_session(
                argv,
                cwd=Path(cwd),
                env=env,
                deadline_s=_DEADLINES_S.get(verb, _SHORT_S),
                on_output=_both(on_output, write if shown else None),
                on_error=_both(on_error, write),
            )
        if done.code:
            raise create_command_error(done)
        return done


def run_in_session(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    deadline_s: float,
    on_output: Callable[[str], object],
    on_error: Callable[[str], object],
) -> CommandResult:
    """Run a program in a session of its own and hand on its lines.

    ``KeyboardInterrupt`` is passed on as SIGINT, and raised again when the program has ended; a second signal kills it
    and whatever it started, and then goes its usual way.
    """
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=env,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    out, err = list[str](), list[str]()
    readers = [
        threading.Thread(target=_read, args=(stream, chunks, told), daemon=True)
        for stream, chunks, told in ((process.stdout, out, on_output), (process.stderr, err, on_error))
    ]
    for reader in readers:
        reader.start()
    interrupted = False
    try:
        try:
            process.wait(deadline_s)
        except KeyboardInterrupt:
            interrupted = True
            with _second_signal_kills(process):
                _signal_group(process, signal.SIGINT)
                process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        if not interrupted:
            verb = next((word for word in argv[1:] if not word.startswith("-")), argv[0])
            raise CollabError(
                f"`pulumi {verb}` did not end within {deadline_s:g} s and was stopped",
                remedy="Look at what it waited for (`collab status`, `collab logs`), then run the command again.",
            ) from None
    finally:
        _stop(process)
        for reader in readers:
            reader.join(5)
    if interrupted:
        raise KeyboardInterrupt
    return CommandResult(stdout="\n".join(out), stderr="\n".join(err), code=process.returncode)


def _read(stream: IO[str] | None, lines: list[str], told: Callable[[str], object]) -> None:
    if stream is None:
        return
    with stream:
        for line in stream:
            lines.append(line.rstrip())
            told(line.rstrip())


def _both(one: OnOutput | None, other: OnOutput | None) -> Callable[[str], None]:
    def tell(line: str) -> None:
        for each in (one, other):
            if each is not None:
                each(line)

    return tell


@contextmanager
def _second_signal_kills(process: subprocess.Popen[str]) -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        _kill_family(process)
        before = held[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for each in held:
        signal.signal(each, handle)
    try:
        yield
    finally:
        for each, handler in held.items():
            signal.signal(each, handler)


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _stop(process: subprocess.Popen[str]) -> None:
    """End what still runs: the engine by request first, then it and its plugins."""
    if process.poll() is not None:
        return
    _signal_group(process, signal.SIGINT)
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if process.poll() is None:
        _kill_family(process)
        process.wait(10)


def _kill_family(process: subprocess.Popen[str]) -> None:
    """Plugins have process groups of their own, so the group's end is not theirs."""
    family: list[psutil.Process] = []
    with suppress(psutil.Error):
        family = psutil.Process(process.pid).children(recursive=True)
    _signal_group(process, signal.SIGKILL)
    for member in family:
        with suppress(psutil.Error):
            member.kill()
