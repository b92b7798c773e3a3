"""What the web application firewall made of everything that a suite did: it has to have found nothing in any of it."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.system.api import http_client
from tests.system.local import Local
from tests.system.running import Running

_SHOWN = 20
_WRITTEN_WITHIN_S = 60
_PROBED = "/api/auth/session"


@dataclass(slots=True)
class Findings:
    """Of one environment's gateways, from their access and audit logs."""

    inspected: Counter[str] = field(default_factory=Counter[str])
    """Requests by route."""
    hits: list[str] = field(default_factory=list[str])
    """Rule, route and what of the request the rule matched in, never what it matched."""
    probes: int = 0
    """Attacks that were made to see whether they are refused, by `collab up` and here, and were."""

    @classmethod
    def of(cls, environment: Running) -> Findings:
        with http_client(environment.url) as anybody:
            probe = anybody.get(_PROBED, params={"id": "1' UNION SELECT password FROM users--"})
        found, suspects, reasons = cls(), dict[str, Mapping[str, Any]](), dict[str, list[str]]()
        for line in _lines_with(environment, probe.headers["X-Request-Id"]):
            if "request_id" in line and line.get("waf_score") is not None:
                found.inspected[line["route"]] += 1
                if line["waf_score"]:
                    suspects[line["request_id"]] = line
            elif "transaction" in line:
                reasons[line["transaction"]["unique_id"]] = [*map(_reason, line["transaction"]["messages"])]
        for request in sorted({*suspects, *reasons}):
            line = suspects.get(request, {})
            if line.get("uri") == _PROBED and line.get("status") == 403:
                found.probes += 1
                continue
            asked = f"{line.get('method')} {line.get('uri')} ({line.get('route')}): score {line.get('waf_score')}"
            found.hits.append(f"{asked}: {'; '.join(reasons.get(request, ['no line in the audit log']))}")
        return found

    def check(self) -> None:
        """Raises ``AssertionError`` naming what was found in requests that are all right."""
        assert self.probes or not self.inspected, "the logs do not have the attack that was just made"
        assert not self.hits, "\n".join((f"{len(self.hits)} false positives:", *self.hits[:_SHOWN]))


def _reason(message: Mapping[str, Any]) -> str:
    details = message["details"]
    where = re.search(r"against variable `(?P<variable>[^']+)'", details["match"])
    return f"rule {details['ruleId']} ({message['message']}) in {where['variable'] if where else 'the request'}"


def _lines_with(environment: Running, request: str) -> list[dict[str, Any]]:
    """All of them, once that request's is there: a gateway writes it after it has answered."""
    deadline = time.monotonic() + _WRITTEN_WITHIN_S
    while True:
        lines = [*_lines(environment)]
        if any(line.get("request_id") == request for line in lines) or time.monotonic() > deadline:
            return lines
        time.sleep(0.2)


def _lines(environment: Running) -> Iterator[dict[str, Any]]:
    """Of whatever log, those that are JSON."""
    for text in _logs(environment):
        for line in text.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def _logs(environment: Running) -> Iterator[str]:
    if isinstance(environment, Local):
        folder = environment.project.state_directory / "logs"
        for log in sorted([*folder.glob("gateway-*.log*"), *folder.glob("waf-audit.log*")]):
            yield log.read_text(encoding="utf-8", errors="replace")
    else:
        from tests.cluster.e2e.installation import Installation
        from tests.cluster.e2e.workloads import NAME, PART_OF

        assert isinstance(environment, Installation)
        of = (f"--namespace={environment.namespace}", f"--selector={PART_OF},{NAME}=gateway")
        yield environment.cluster.kubectl("logs", *of, "--all-containers", "--tail=-1")
