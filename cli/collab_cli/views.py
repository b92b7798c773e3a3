"""Tables of what the platform says. Pure: data in, something for Rich out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from collab_cli.documents import Setting, Value
from collab_cli.measures import duration, size
from collab_cli.outcomes import outcome_counts
from collab_cli.output import Marks
from collab_platform.checks import CheckResult
from collab_platform.targets.base import ComponentStatus, Letter, Plan, ReplicaStatus, State, Status

_ROOM_FOR_MEANING = 120
_FEW_CHANGES = 5
"""So many changed properties are shown with their step without being asked for."""
STATE_STYLES: dict[State, str] = {
    "healthy": "green",
    "starting": "yellow",
    "degraded": "yellow",
    "unhealthy": "bold red",
    "stopped": "dim",
}
_OUTCOME_STYLES = {"passed": "green", "warned": "yellow", "failed": "bold red", "skipped": "dim"}
_ACTION_SIGNS = {"create": "+", "start": "+", "update": "~", "restart": "~", "replace": "~", "remove": "-", "none": " "}
_ACTION_STYLES = {"+": "green", "~": "yellow", "-": "red", " ": "dim"}


def status_table(status: Status, *, now: datetime, replicas: bool) -> RenderableType:
    """A row for each component, and below it one for each replica where these tell more (or ``replicas`` says so)."""
    table = _table("component", "state", "replicas", "up", "memory", "restarts")
    for column in (2, 3, 4, 5):
        table.columns[column].justify = "right"
    for component in status.components:
        single = component.replicas[0] if len(component.replicas) == 1 else None
        table.add_row(component.name, *_component_cells(component, single, now))
        if single is None and (replicas or component.state not in {"healthy", "stopped"}):
            for replica in component.replicas:
                table.add_row(f"  {replica.name}", _state(replica.state), "", *_replica_cells(replica, now))
    state = Text.assemble("Environment ", (status.environment, "bold"), f" ({status.target}) is ", _state(status.state))
    return Group(state, Text(), table, *_messages(status), *urls(status.urls))


def urls(named: dict[str, str]) -> list[Text]:
    """A line for each URL; never cut."""
    width = max(map(len, named), default=0)
    lines = [Text.assemble((f"{name:<{width}}  ", "dim"), (url, "cyan"), no_wrap=True) for name, url in named.items()]
    return [Text(), *lines] if lines else []


def checks_table(results: Sequence[CheckResult], marks: Marks) -> RenderableType:
    """The checks under their categories, with a hint below each that failed; a last line counts the outcomes."""
    signs = {"passed": marks.passed, "warned": marks.warned, "failed": marks.failed, "skipped": marks.skipped}
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for category in dict.fromkeys(result.category for result in results):
        table.add_row(Text(category.capitalize(), style="bold"), "")
        for result in results:
            if result.category != category:
                continue
            style = _OUTCOME_STYLES[result.outcome]
            table.add_row(
                Text.assemble("  ", (signs[result.outcome], style), f" {result.title}"),
                Text(result.message, style="" if result.outcome in {"failed", "warned"} else "dim"),
            )
            if result.hint and result.outcome in {"failed", "warned"}:
                table.add_row("", Text(f"try: {result.hint}", style=style))
    return Group(table, Text(), Text(outcome_counts(results)))


def plan_table(plan: Plan, *, detailed: bool) -> RenderableType:
    """The steps that change something, with what and why; ``detailed``: all steps, and each changed property."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    for step in plan.steps if detailed else plan.changes:
        sign = _ACTION_SIGNS[step.action]
        verb = "unchanged" if step.action == "none" else step.action
        told = "\n".join(step.changes) if detailed or len(step.changes) <= _FEW_CHANGES else ""
        table.add_row(Text(f"{sign} {verb}", style=_ACTION_STYLES[sign]), step.title, Text(told or step.reason))
    return table


def settings_table(settings: Sequence[Setting], *, width: int) -> RenderableType:
    """Settings with value, origin and meaning, which stands beside them where there is room for it, else below."""
    if width >= _ROOM_FOR_MEANING:
        table = _table("setting", "value", "origin", "meaning")
        for setting in settings:
            table.add_row(*_setting_cells(setting), Text(setting.description, style="dim"))
        return table
    lines: list[RenderableType] = []
    widths = [max(cell.cell_len for cell in column) for column in zip(*map(_setting_cells, settings), strict=True)]
    for setting in settings:
        cells = _setting_cells(setting)
        for cell, cell_width in zip(cells, widths, strict=True):
            cell.pad_right(cell_width - cell.cell_len)
        lines.append(Text("  ").join(cells))
        lines.append(Padding(Text(setting.description, style="dim"), (0, 0, 0, 4)))
    return Group(*lines)


def letters_table(letters: Sequence[Letter]) -> RenderableType:
    """A row for each mail."""
    table = _table("sent", "to", "subject", "name")
    for each in letters:
        sent = f"{each.sent.astimezone():%Y-%m-%d %H:%M:%S}" if each.sent else ""
        table.add_row(sent, Text(each.to, style="bold"), Text(each.subject), Text(each.name, style="dim"))
    return table


def setting_details(setting: Setting) -> RenderableType:
    """Everything about one setting."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    origin = setting.origin
    for name, text in {
        "setting": setting.key,
        "value": shown_value(setting.value),
        "origin": f"{origin.kind}: {origin.where}" if origin.where else origin.kind,
        "default": shown_value(setting.default),
        "expected": setting.expected,
        "variable": setting.variable,
        "meaning": setting.description,
    }.items():
        table.add_row(name, text)
    return table


def _setting_cells(setting: Setting) -> tuple[Text, Text, Text]:
    style = "dim" if setting.origin.kind == "default" else "bold"
    return (
        Text(setting.key, style="bold"),
        Text(shown_value(setting.value), style="cyan"),
        Text(setting.origin.where or setting.origin.kind, style=style),
    )


def shown_value(value: Value) -> str:
    """A value as the environment file would hold it, with an empty text visible."""
    if isinstance(value, tuple):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value != "" else '""'


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        table.add_column(heading.upper(), overflow="fold", no_wrap=bool(heading))
    return table


def _component_cells(component: ComponentStatus, single: ReplicaStatus | None, now: datetime) -> list[str | Text]:
    healthy = sum(replica.state == "healthy" for replica in component.replicas)
    count = f"{healthy}/{len(component.replicas)}"
    if single is not None:
        return [_state(component.state), count, *_replica_cells(single, now)]
    known = [replica.memory_bytes for replica in component.replicas if replica.memory_bytes is not None]
    restarts = sum(replica.restarts for replica in component.replicas)
    return [_state(component.state), count, "", size(sum(known)) if known else "", str(restarts)]


def _replica_cells(replica: ReplicaStatus, now: datetime) -> list[str]:
    up = duration((now - replica.since).total_seconds()) if replica.since and replica.state != "stopped" else ""
    memory = size(replica.memory_bytes) if replica.memory_bytes is not None else ""
    return [up, memory, str(replica.restarts)]


def _messages(status: Status) -> list[Text]:
    """What is wrong where, a line for each message; below the table, where it has room."""
    said: dict[str, list[str]] = {}
    for component in status.components:
        replicas = [replica for replica in component.replicas if replica.message]
        for replica in replicas:
            said.setdefault(replica.message, []).append(replica.name)
        if component.message and not any(replica.message in component.message for replica in replicas):
            said.setdefault(component.message, []).append(component.name)
    lines = [Text.assemble((f"{', '.join(names)}: ", "bold"), message) for message, names in said.items()]
    return [Text(), *lines] if lines else []


def _state(state: State) -> Text:
    return Text(state, style=STATE_STYLES[state])
