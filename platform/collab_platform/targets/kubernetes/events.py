"""What the engine tells, as steps and their events. Pure but for the clock.

Source: ``sdk/go/common/apitype/events.go`` of Pulumi. Only what a provider keeps is a step: components, providers and
the stack itself are Pulumi's own book-keeping.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from collab_platform.components.policies import Declared
from collab_platform.targets.base import Action, Observer, Step, StepEvent
from collab_platform.targets.kubernetes.diff import diff_lines

_ACTIONS: dict[OpType, Action] = {
    OpType.CREATE: "create",
    OpType.IMPORT: "create",
    OpType.UPDATE: "update",
    OpType.DELETE: "remove",
    OpType.REPLACE: "replace",
    OpType.CREATE_REPLACEMENT: "replace",
    OpType.DELETE_REPLACED: "replace",
    OpType.IMPORT_REPLACEMENT: "replace",
}
_MOST_DIAGNOSTICS = 50
_MARKUP = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Urn:
    """The parts of ``urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME``."""

    project: str
    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        _, project, types, name = [*text.split("::", 3), "", "", ""][:4]
        return cls(project=project, type=types.rpartition("$")[2], name=name)

    @property
    def kind(self) -> str:
        return self.type.rpartition(":")[2]

    @property
    def step(self) -> str:
        """Unique within an environment: ``apps/Deployment/auth``."""
        return f"{self.project.removeprefix('collab-')}/{self.kind}/{self.name}"

    @property
    def title(self) -> str:
        """``Deployment auth``: children of a chart are named ``CHART:NAMESPACE/NAME``."""
        return f"{self.kind} {self.name.rpartition(':')[2].rpartition('/')[2] or self.name}"


@dataclass
class Preview:
    """Collects a preview, or a refresh that is only looked at: its events go in, steps and resources come out."""

    drift: bool = False
    _steps: dict[str, Step] = field(default_factory=dict[str, Step])
    _declared: dict[str, Declared] = field(default_factory=dict[str, Declared])
    diagnostics: list[str] = field(default_factory=list[str])

    def __call__(self, event: EngineEvent) -> None:
        if event.diagnostic_event is not None:
            note_error(event, self.diagnostics)
        # A refresh says what it found when it is done with a resource; a preview when it begins with one.
        found = event.res_outputs_event if self.drift else event.resource_pre_event
        if found is None or not is_kept(found.metadata):
            return
        metadata = found.metadata
        urn = Urn.parse(metadata.urn)
        action = _ACTIONS.get(metadata.op, "none")
        lines = _lines(metadata, drift=self.drift) if action in {"update", "replace"} else ()
        if self.drift and action == "update" and not lines:
            action = "none"
        held = self._steps.get(metadata.urn)
        if held is None or held.action == "none" or action == "replace":
            reason = _reason(action, lines, drift=self.drift)
            self._steps[metadata.urn] = Step(
                name=urn.step,
                title=urn.title,
                action=action,
                reason=reason,
                changes=lines or (held.changes if held else ()),
            )
        if metadata.new is not None and metadata.op is not OpType.DELETE:
            properties: Any = metadata.new.inputs or {}
            self._declared[metadata.urn] = Declared(type=metadata.type, name=urn.title, properties=properties)

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps.values())

    @property
    def declared(self) -> tuple[Declared, ...]:
        """What would stand, for policies to judge."""
        return tuple(self._declared.values())


@dataclass
class Progress:
    """Tells an observer of each resource that is worked on."""

    observe: Observer
    now: Callable[[], float] = time.monotonic
    _started: dict[str, float] = field(default_factory=dict[str, float])
    _errors: dict[str, str] = field(default_factory=dict[str, str])
    diagnostics: list[str] = field(default_factory=list[str])
    done: list[Step] = field(default_factory=list[Step])

    def __call__(self, event: EngineEvent) -> None:
        if event.resource_pre_event is not None:
            metadata = event.resource_pre_event.metadata
            if is_kept(metadata) and metadata.op in _ACTIONS:
                self._started[metadata.urn] = self.now()
                self._tell(metadata.urn, "started", _ACTIONS[metadata.op])
        elif event.res_outputs_event is not None:
            metadata = event.res_outputs_event.metadata
            # A refresh tells of a change when it is done with the resource, without having announced it.
            if is_kept(metadata) and metadata.op in _ACTIONS:
                self._tell(metadata.urn, "done", "")
                urn = Urn.parse(metadata.urn)
                self.done.append(Step(name=urn.step, title=urn.title, action=_ACTIONS[metadata.op]))
        elif event.res_op_failed_event is not None:
            metadata = event.res_op_failed_event.metadata
            if is_kept(metadata):
                self._tell(metadata.urn, "failed", self._errors.get(metadata.urn, "failed"))
        elif event.diagnostic_event is not None:
            self._diagnose(event)

    def _diagnose(self, event: EngineEvent) -> None:
        diagnostic = event.diagnostic_event
        if diagnostic is None:
            return
        note_error(event, self.diagnostics)
        message = plain(diagnostic.message)
        if diagnostic.urn and diagnostic.severity == "error":
            self._errors[diagnostic.urn] = message
        elif diagnostic.urn in self._started and message:
            self._tell(diagnostic.urn or "", "progress", message)

    def _tell(self, urn: str, state: Any, message: str) -> None:
        parsed = Urn.parse(urn)
        elapsed_s = round(self.now() - self._started.get(urn, self.now()), 3)
        self.observe(StepEvent(step=parsed.step, title=parsed.title, state=state, elapsed_s=elapsed_s, message=message))


def is_kept(metadata: StepEventMetadata) -> bool:
    """Whether a provider keeps this resource."""
    state = metadata.new or metadata.old
    return bool(state and state.custom) and not metadata.type.startswith("pulumi:providers:")


def note_error(event: EngineEvent, errors: list[str]) -> None:
    """Keep what an error diagnostic says, once, below a bound."""
    diagnostic = event.diagnostic_event
    if diagnostic is None or diagnostic.severity != "error":
        return
    where = f"{Urn.parse(diagnostic.urn).title}: " if diagnostic.urn and "::" in diagnostic.urn else ""
    text = where + plain(diagnostic.message)
    if text not in errors and len(errors) < _MOST_DIAGNOSTICS:
        errors.append(text)


def plain(message: str) -> str:
    """One line, without Pulumi's colour directives."""
    return " ".join(_MARKUP.sub("", message).split())


def _reason(action: Action, lines: tuple[str, ...], *, drift: bool) -> str:
    if drift:
        return {"update": "changed by others", "remove": "gone"}.get(action, "")
    if lines:
        return f"{len(lines)} propert{'y' if len(lines) == 1 else 'ies'}"
    return ""


def _lines(metadata: StepEventMetadata, *, drift: bool) -> tuple[str, ...]:
    old, new = metadata.old, metadata.new
    kinds = {path: str(diff.diff_kind.value) for path, diff in (metadata.detailed_diff or {}).items()}
    paths = kinds or list(metadata.diffs or ())
    before, after = (old.inputs if old else None), (new.inputs if new else None)
    if drift and not kinds:
        before, after, paths = (old.outputs if old else None), (new.outputs if new else None), []
    return diff_lines(metadata.type, before, after, paths)
