"""Stands for the engine where only what is ours is tested: finding it, running it, ending it, reading what it says.

Installed as a program called ``pulumi``; what it does is written in ``script.json`` beside it, by the first words of
the command: ``{"stack select": {"code": 1, "stderr": "…"}}``. Every call is noted in ``calls.jsonl``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def install(folder: Path, script: Mapping[str, Mapping[str, Any]] | None = None, *, version: str = "v3.272.0") -> Path:
    """The program, in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    says = {"version": {"stdout": version}, **(script or {})}
    (folder / "script.json").write_text(json.dumps(says))
    program = folder / "pulumi"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).resolve()} {folder} "$@"\n')
    program.chmod(0o755)
    return program


def calls(folder: Path) -> list[dict[str, Any]]:
    """Arguments and our variables of each call, in order."""
    try:
        return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]
    except FileNotFoundError:
        return []


def main(folder: Path, argv: list[str]) -> int:
    words = [word for word in argv if not word.startswith("-")]
    variables = {name: value for name, value in os.environ.items() if name.startswith(("PULUMI", "KUBECONFIG"))}
    with (folder / "calls.jsonl").open("a") as file:
        file.write(
            json.dumps({"argv": argv, "variables": variables, "group": os.getpgrp(), "cwd": str(Path.cwd())}) + "\n"
        )
    script: dict[str, dict[str, Any]] = json.loads((folder / "script.json").read_text())
    does: dict[str, Any] = next(
        (script[key] for key in (" ".join(words[:2]), words[0]) if key in script), dict[str, Any]()
    )
    if "sleep" in does:
        wait(folder, does)
    sys.stdout.write(does.get("stdout", ""))
    sys.stderr.write(does.get("stderr", ""))
    return int(does.get("code", 0))


def wait(folder: Path, does: Mapping[str, Any]) -> None:
    """Work for long, with a plugin in a process group of its own; deaf to signals if told so."""

    def note(number: int, _frame: object) -> None:
        with (folder / "signals").open("a") as file:
            file.write(f"{signal.Signals(number).name}\n")
        if not does.get("deaf"):
            raise SystemExit(1)

    signal.signal(signal.SIGINT, note)
    plugin = subprocess.Popen(["sleep", "300"], start_new_session=True)
    (folder / "pids").write_text(f"{os.getpid()} {plugin.pid}")
    deadline = time.monotonic() + float(does["sleep"])
    try:
        while time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        plugin.kill()
        plugin.wait(5)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
