"""Engine events as ``--event-log`` writes them (``sdk/go/common/apitype/events.go``), put together by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.automation.events import EngineEvent

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def urn(type_: str, name: str, *, parent: str = "collab:apps:Apps$kubernetes:helm.sh/v4:Chart") -> str:
    return f"urn:pulumi:team::collab-apps::{parent}${type_}::{name}"


def state(type_: str, name: str, properties: Mapping[str, Any], *, custom: bool = True) -> dict[str, Any]:
    found = {"type": type_, "urn": urn(type_, name), "custom": custom, "id": name, "parent": "", "provider": "p"}
    return {**found, "inputs": properties, "outputs": properties}


def metadata(
    op: str,
    type_: str,
    name: str,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    diff: Mapping[str, str] | None = None,
    custom: bool = True,
) -> dict[str, Any]:
    return {
        "op": op,
        "urn": urn(type_, name),
        "type": type_,
        "provider": "p",
        "old": state(type_, name, old, custom=custom) if old is not None else None,
        "new": state(type_, name, new, custom=custom) if new is not None else None,
        "detailedDiff": {path: {"diffKind": kind, "inputDiff": True} for path, kind in (diff or {}).items()} or None,
    }


def before(op: str, type_: str, name: str, **more: Any) -> EngineEvent:
    return event(resourcePreEvent={"metadata": metadata(op, type_, name, **more), "planning": True})


def after(op: str, type_: str, name: str, **more: Any) -> EngineEvent:
    return event(resOutputsEvent={"metadata": metadata(op, type_, name, **more)})


def failed(op: str, type_: str, name: str, **more: Any) -> EngineEvent:
    return event(resOpFailedEvent={"metadata": metadata(op, type_, name, **more), "status": 1, "steps": 1})


def said(severity: str, message: str, type_: str = "", name: str = "") -> EngineEvent:
    about = {"urn": urn(type_, name)} if type_ else {}
    return event(diagnosticEvent={"message": message, "color": "raw", "severity": severity, **about})


def event(**kind: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, **kind})  # pyright: ignore[reportUnknownMemberType] - takes a bare dict
