"""What the commands do with the stacks: one after the other, each event as a step, each error with what stands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pulumi.automation import Stack
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from collab_platform.components.policies import check_all
from collab_platform.errors import CollabError, NotRunningError, OperatorInterruptError
from collab_platform.targets.base import Observer, Plan, Step, StepEvent
from collab_platform.targets.kubernetes.events import Preview, Progress, Urn
from collab_platform.targets.kubernetes.installation import Installation
from collab_platform.targets.kubernetes.stack_order import StackSpec
from collab_platform.targets.kubernetes.stacks import plainly
from collab_platform.targets.lock import environment_lock

_NOT_MADE_YET = {
    "postgresqlEndpoint": "not-made-yet.invalid:5432",
    "postgresqlMasterSecretArn": "not-made-yet",
    "redisEndpoint": "not-made-yet.invalid",
    "redisAuthToken": "not made yet",
    "bucket": "not-made-yet",
    "originCa": "not made yet\n",
}
"""Stands, in a preview, for outputs of stacks that were never made."""


def preview(installation: Installation) -> Plan:
    """What ``up`` would do, and the policies that it would break. Makes nothing, no stack either."""
    stacks = installation.stacks
    steps: list[Step] = []
    violations: list[str] = []
    outputs: dict[str, Mapping[str, Any]] = {}
    for spec in stacks.specs:
        found = Preview()
        stack = stacks.existing(spec)
        if stack is not None:
            outputs[spec.name] = stacks.outputs(spec, stack)
            with _engine_errors(spec, found.diagnostics):
                stack.preview(on_event=found, color="never")
        else:
            with stacks.imagined(_with_outputs(spec, outputs)) as imagined, _engine_errors(spec, found.diagnostics):
                imagined.preview(on_event=found, color="never")
        steps += found.steps
        production = installation.environment.aws.production
        violations += [str(violation) for violation in check_all(found.declared, production=production)]
    return Plan(steps=tuple(steps), violations=tuple(violations))


def bring_up(installation: Installation, observe: Observer) -> Plan:
    """Make every stack so, those first whose outputs others read."""
    stacks = installation.stacks
    done: list[Step] = []
    with environment_lock(installation.places.state, "collab up", wait_s=0.5):
        for spec in stacks.specs:
            progress = Progress(observe)
            stack = stacks.made(spec)
            before = stacks.pending(spec, stack)
            if before:
                observe(_note(spec, "left under way: " + ", ".join(describe_pending(before))))
            with _accounted(installation, spec, stack, progress.diagnostics):
                stack.up(
                    on_event=progress, color="never", show_secrets=False, suppress_outputs=True, suppress_progress=True
                )
            done += progress.done
            if before:
                observe(_note(spec, "", done=True))
    return Plan(steps=tuple(done))


def take_down(installation: Installation, observe: Observer, *, purge: bool) -> tuple[str, ...]:
    """Destroy the stacks in reverse. Without ``purge`` what holds data stays, and its secrets with it."""
    stacks = installation.stacks
    left: list[str] = []
    with environment_lock(installation.places.state, "collab down", wait_s=0.5):
        for spec in reversed(stacks.specs):
            stack = stacks.existing(spec)
            if stack is None:
                continue
            if spec.holds_data and not (purge and not installation.environment.aws.production):
                left.append(_kept_stack(spec, purge=purge))
                continue
            progress = Progress(observe)
            if purge:
                stacks.run(spec, stack, "state", "unprotect", "--all", "--yes")
            with _accounted(installation, spec, stack, progress.diagnostics):
                stack.destroy(
                    on_event=progress,
                    color="never",
                    show_secrets=False,
                    suppress_outputs=True,
                    suppress_progress=True,
                    exclude_protected=not purge,
                )
            left += _protected(stacks.deployment(spec, stack))
            if purge and not stacks.deployment(spec, stack).get("resources"):
                with plainly(spec):
                    stack.workspace.remove_stack(stack.name)
        if not purge:
            left += volumes(installation)
    if purge and not left:
        shutil.rmtree(installation.places.state, ignore_errors=True)
    return tuple(left)


def drift(installation: Installation) -> Plan:
    """What others changed: the engine looks at every resource, and forgets what it saw."""
    stacks = installation.stacks
    steps: list[Step] = []
    there = False
    for spec in stacks.specs:
        stack = stacks.existing(spec)
        if stack is None:
            continue
        there = True
        found = Preview(drift=True)
        with _engine_errors(spec, found.diagnostics):
            stack.preview_refresh(on_event=found, color="never", run_program=False)
        steps += found.steps
    if not there:
        raise _never_up(installation)
    return Plan(steps=tuple(steps))


def refresh(installation: Installation, observe: Observer, *, clear_pending: bool) -> Plan:
    """Write down what others changed."""
    stacks = installation.stacks
    done: list[Step] = []
    there = False
    with environment_lock(installation.places.state, "collab refresh", wait_s=0.5):
        for spec in stacks.specs:
            stack = stacks.existing(spec)
            if stack is None:
                continue
            there = True
            progress = Progress(observe)
            with _accounted(installation, spec, stack, progress.diagnostics):
                stack.refresh(
                    on_event=progress,
                    color="never",
                    show_secrets=False,
                    suppress_outputs=True,
                    suppress_progress=True,
                    clear_pending_creates=clear_pending,
                    run_program=False,
                )
            done += progress.done
    if not there:
        raise _never_up(installation)
    return Plan(steps=tuple(done))


def outputs(installation: Installation) -> dict[str, str]:
    """What the stacks export, by ``STACK.NAME``; a secret is left out. Nothing where no stack was ever made."""
    stacks = installation.stacks
    found: dict[str, str] = {}
    for spec in stacks.specs:
        stack = stacks.existing(spec)
        for name, value in (stacks.outputs(spec, stack) if stack else {}).items():
            if value != "[secret]":
                found[f"{spec.name}.{name}"] = value if isinstance(value, str) else json.dumps(value)
    return found


def describe_pending(operations: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """``creating Deployment auth``."""
    return tuple(f"{kind} {Urn.parse(urn).title}" for urn, kind in operations)


def volumes(installation: Installation) -> list[str]:
    """The claims that still hold data; nothing where the cluster does not answer."""
    try:
        found = installation.kubectl.get("persistentvolumeclaims")["items"]
    except CollabError:
        return ["volumes of the namespace, if any: the cluster did not answer"]
    return [
        f"volume {each['metadata']['name']} ({each.get('status', {}).get('capacity', {}).get('storage', 'not bound')})"
        for each in found
    ]


@contextmanager
def _accounted(installation: Installation, spec: StackSpec, stack: Stack, diagnostics: list[str]) -> Generator[None]:
    """Errors and Ctrl-C leave with what was under way and how to go on."""
    try:
        with _engine_errors(spec, diagnostics):
            yield
    except KeyboardInterrupt:
        raise OperatorInterruptError(
            "interrupted",
            remedy="Run the command again: it goes on where it stopped. `collab status` shows what runs.",
            details=_under_way(installation, spec, stack),
        ) from None
    except CollabError as error:
        pending = _under_way(installation, spec, stack)
        if pending:
            error.details = (*error.details, *pending)
            error.remedy = (
                f"{error.remedy.rstrip('.')}. `collab refresh` finds out what became of what was under way; "
                "with --clear-pending it forgets what never came to be"
            )
        raise


def _under_way(installation: Installation, spec: StackSpec, stack: Stack) -> tuple[str, ...]:
    try:
        operations = installation.stacks.pending(spec, stack)
    except CollabError:
        return ("what was under way is not known: the state could not be read",)
    return tuple(f"under way when it ended: {each}" for each in describe_pending(operations))


@contextmanager
def _engine_errors(spec: StackSpec, diagnostics: list[str]) -> Generator[None]:
    """What the engine told of resources says more than its last words."""
    try:
        with plainly(spec):
            yield
    except CollabError as error:
        if (
            diagnostics
            and isinstance(error.__context__, CommandError)
            and not isinstance(error.__context__, ConcurrentUpdateError)
            and type(error) is CollabError
        ):
            error.summary = f"stack {spec.name}: {diagnostics[0]}"
            error.details = tuple(diagnostics[1:])
            error.args = (error.summary,)
        raise


def _with_outputs(spec: StackSpec, outputs: Mapping[str, Mapping[str, Any]]) -> StackSpec:
    """An imagined stack reads no other: it is told what the others have said, or what stands for it."""
    if spec.name != "apps":
        return spec
    told = {
        f"collab-apps:{name}": json.dumps(
            {**_NOT_MADE_YET, **{key: str(value) for key, value in outputs.get(name, {}).items()}}
        )
        for name in ("data", "edge")
    }
    return replace(spec, config={**spec.config, **told})


def _protected(deployment: Mapping[str, Any]) -> list[str]:
    """Resources that stay because data depend on them."""
    resources: list[Mapping[str, Any]] = deployment.get("resources") or []
    titles = [Urn.parse(each["urn"]) for each in resources if each.get("protect")]
    secrets = sum(urn.kind == "Stash" for urn in titles)
    found = [urn.title for urn in titles if urn.kind != "Stash"]
    return [*found, *([f"{secrets} secrets in the state, which the data need"] if secrets else [])]


def _kept_stack(spec: StackSpec, *, purge: bool) -> str:
    if purge:
        return f"stack {spec.name}: production data are not purged; stacks/README.md tells how they are deleted"
    return f"stack {spec.name}: it holds data"


def _note(spec: StackSpec, message: str, *, done: bool = False) -> StepEvent:
    return StepEvent(
        step=f"{spec.name}/pending",
        title=f"Resume stack {spec.name}",
        state="done" if done else "started",
        message=message,
    )


def _never_up(installation: Installation) -> NotRunningError:
    return NotRunningError(
        f"environment {installation.name!r} was never brought up from here",
        remedy=f"`collab up -e {installation.name}` brings it up; state elsewhere is named by pulumi.backend.",
    )
