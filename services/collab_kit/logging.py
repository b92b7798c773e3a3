"""Logs: one JSON object a line, the same for our events and for what libraries write through `logging`."""

import logging
import sys
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from collab_kit.settings import LogLevel

__all__ = ["configure_logging", "get_logger"]


def get_logger() -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger()


def configure_logging(*, service: str, instance: str, level: LogLevel = "info", stream: TextIO = sys.stdout) -> None:
    """Send every log line of this process to `stream`.

    Each has `time` (RFC 3339, UTC), `level`, `service`, `instance` and `event`, and `request_id` while a request is
    being answered. Tracebacks are text without local variables: those may hold secrets.
    """

    def add_origin(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        event["instance"] = instance
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_origin,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared[:-1], structlog.stdlib.ExtraAdder(allow=()), structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # httpx logs every request at info, uvicorn each start and stop step; our own access log says both better.
    for chatty in ("httpx", "httpcore", "uvicorn.error", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)


def _to_json(event: object, **_options: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
