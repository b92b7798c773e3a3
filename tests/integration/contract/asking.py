"""Asks a service, through the gateway, whatever its OpenAPI description allows and much that it does not."""

import os
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import httpx
import schemathesis as untyped_schemathesis
from schemathesis import HookContext, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError
from schemathesis.specs.openapi import checks as openapi_checks

from tests.integration.contract.answers import Answer
from tests.integration.contract.people import Asker, Cast, Kind
from tests.people import PASSWORD

DESCRIPTIONS = {
    "auth": "/api/auth/schema",
    "user": "/api/users/schema",
    "document": "/api/documents/schema",
    "collaboration": "/api/collaboration/schema",
}

# Its generic classes are bare in its own signatures.
schemathesis: Any = untyped_schemathesis
_openapi: Any = openapi_checks
_CHECKS = [
    schemathesis.checks.not_a_server_error,
    _openapi.status_code_conformance,
    _openapi.content_type_conformance,
    _openapi.response_headers_conformance,
    _openapi.response_schema_conformance,
    _openapi.allow_header_conformance,
]
_EXAMPLES = int(os.environ.get("COLLAB_SCHEMATHESIS_EXAMPLES", "4"))
_FIELDS = {
    "folder": "folder_id",
    "parent": "folder_id",
    "document": "document_id",
    "user_id": "user_id",
    "team_id": "team_id",
}
# Of so many ids in paths and bodies one is nobody's; of the others, each is something of the asker's.
_STRANGERS = 8
_MOST_SHOWN = 3
_Body = dict[str, Any]


def _config(url: str, examples: int) -> Any:
    configuration: Any = SchemathesisConfig
    return configuration.from_dict(
        {
            "base-url": url,
            "seed": 20261123,
            "request-timeout": 60,
            "generation": {
                "max-examples": examples,
                "deterministic": True,
                "no-shrink": True,
                "with-security-parameters": False,
            },
            "checks": {"enabled": False},  # answers are judged here, where it is known who made them
            "phases": {"stateful": {"enabled": False}},
            # A converter runs for each of these.
            "operations": [
                {"include-path-regex": "/(import|export)$", "generation": {"max-examples": max(1, examples // 4)}}
            ],
        }
    )


@dataclass
class Questions:
    """One caller's, about one service. Whoever was signed out or erased on the way is followed by somebody new."""

    service: str
    kind: Kind
    cast: Cast
    url: str
    examples: int = _EXAMPLES
    asked: set[str] = field(default_factory=set[str])
    answered: set[str] = field(default_factory=set[str])
    """Operations that a service answered itself."""
    seen: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    """How often each operation was answered with each status."""
    wrong: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _askers: dict[str, Asker] = field(default_factory=dict[str, Asker])

    def ask(self) -> None:
        """All of them; what was wrong with the answers is in `wrong`, by operation."""
        described = httpx.get(self.url + DESCRIPTIONS[self.service], timeout=60, trust_env=False)
        schema = schemathesis.openapi.from_dict(described.json(), config=_config(self.url, self.examples))
        self.asked = {result.ok().label for result in schema.get_all_operations()}
        with self._hooked():
            for event in from_schema(schema).execute():
                if isinstance(event, NonFatalError):
                    self._complain(event.label, f"{event.value!r}")
                elif isinstance(event, FatalError):
                    raise event.exception

    @contextmanager
    def _hooked(self) -> Generator[None]:
        """Schemathesis has hooks of this kind for the whole process only."""

        def before_call(_: HookContext, case: Any, kwargs: dict[str, Any]) -> None:
            asker = self._asker(case.operation.label)
            self._aim(case, asker)
            case.headers.update(self._headers(asker))
            kwargs["allow_redirects"] = False

        def after_call(_: HookContext, case: Any, response: Response) -> None:
            self._judge(case, response)

        schemathesis.hook(before_call)
        schemathesis.hook(after_call)
        try:
            yield
        finally:
            schemathesis.hooks.unregister(before_call)
            schemathesis.hooks.unregister(after_call)

    def _asker(self, operation: str) -> Asker:
        """Who asks for this operation; each has its own, since some end what others need."""
        if operation not in self._askers:
            self._askers[operation] = self.cast.asker(administrator=self.kind == "administrator")
        return self._askers[operation]

    def _headers(self, asker: Asker) -> dict[str, str]:
        if self.kind == "anonymous":
            return {}
        token = asker.ticket() if self.service == "collaboration" else asker.access_token
        return {"Authorization": f"Bearer {token}"}

    def _judge(self, case: Any, response: Response) -> None:
        operation = case.operation.label
        fields = [(name, value) for name, values in response.headers.items() for value in values]
        answer = Answer(response.status_code, httpx.Headers(fields), response.content)
        self.seen[operation, answer.status] += 1
        try:
            answer.check()
            made = answer.made_by_gateway()
            if made is None:
                self.answered.add(operation)
                case.validate_response(response, checks=_CHECKS)
            elif made.status == 401 and self.kind != "anonymous":
                self._askers.pop(operation, None)
        except AssertionError as error:
            self._complain(operation, f"{error}: {answer}\n{case.as_curl_command()}")
        except FailureGroup as failures:
            self._complain(operation, f"{failures}")

    def _complain(self, operation: str, what: str) -> None:
        complaints = self.wrong.setdefault(operation, [])
        if len(complaints) < _MOST_SHOWN:
            complaints.append(what)

    def _aim(self, case: Any, asker: Asker) -> None:
        """Have ids be those of something, lest little but 404 comes back."""
        for name, value in case.path_parameters.items():
            if self._means_something(value) or (name == "provider" and str(value).isalnum()):
                case.path_parameters[name] = asker.thing(name)
        body: Any = case.body
        if isinstance(body, dict):
            knows = sum(self.seen.values()) % 2 == 0
            case.body = {
                name: self._aimed(name, value, asker, knows=knows) for name, value in cast("_Body", body).items()
            }

    def _aimed(self, name: str, value: Any, asker: Asker, *, knows: bool) -> Any:
        if name in _FIELDS and self._means_something(value):
            return asker.thing(_FIELDS[name])
        if not isinstance(value, str):
            return value
        if name == "url" and value.startswith("https://"):
            return "https://hook.invalid/"  # nothing is to leave this machine
        if knows and name == "email" and "@" in value:
            return asker.email
        if knows and name in {"password", "current"}:
            return PASSWORD
        return value

    def _means_something(self, value: Any) -> bool:
        try:
            UUID(value)
        except (ValueError, TypeError, AttributeError):
            return False
        return sum(self.seen.values()) % _STRANGERS != 0
