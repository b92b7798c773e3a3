"""The targets: each makes a blueprint real in its own way, and keeps the promise of :class:`Target`."""

from collab_platform.targets.base import (
    Action,
    CommandResult,
    ComponentStatus,
    LogLine,
    LogQuery,
    Observer,
    Plan,
    ReplicaStatus,
    State,
    Status,
    Step,
    StepEvent,
    StepState,
    Target,
)
from collab_platform.targets.select import select_target

__all__ = [
    "Action",
    "CommandResult",
    "ComponentStatus",
    "LogLine",
    "LogQuery",
    "Observer",
    "Plan",
    "ReplicaStatus",
    "State",
    "Status",
    "Step",
    "StepEvent",
    "StepState",
    "Target",
    "select_target",
]
