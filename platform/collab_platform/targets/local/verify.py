"""Whether a running environment does its work: every part asked directly, then the whole through the gateway."""

from __future__ import annotations

import json
import secrets
import ssl
import stat
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

from collab_platform.blueprint import Component
from collab_platform.checks import Category, Check, CheckFailed, CheckSkipped, Severity
from collab_platform.checks.outside import outside_checks
from collab_platform.checks.probes import Answer, ProbeError, ask_http, ask_websocket
from collab_platform.errors import CollabError
from collab_platform.gateway import WAF_REMEDY
from collab_platform.targets.local.clients import ask_sql, ask_valkey, object_errors, object_store
from collab_platform.targets.local.execute import execute
from collab_platform.targets.local.health import probe
from collab_platform.targets.local.installation import Installation
from collab_platform.targets.local.machine import DISK_ERROR_BYTES, DISK_WARNING_BYTES, check_disk
from collab_platform.targets.local.ports import replicas
from collab_platform.targets.local.programs import Place
from collab_platform.targets.local.status import memory_bytes

_READY_FOR_S = 10.0
_OUTSIDE_TIMEOUT_S = 25.0
_RENEWAL = timedelta(days=7)
_TICKET_REFUSED = 4401
_CATEGORIES: dict[str, Category] = {"datastore": "datastores", "service": "services", "gateway": "gateway"}


@dataclass(frozen=True, slots=True)
class _Environment:
    """What the checks look at. Answers are never kept from one check to the next."""

    installation: Installation
    place: Place

    def get(self, path: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> Answer:
        """Through the gateway, from this machine."""
        try:
            return ask_http(f"{self.place.local_url}{path}", timeout_s=timeout_s, headers=headers, tls=self.tls())
        except ProbeError as error:
            raise CheckFailed(str(error)) from None

    def tls(self) -> ssl.SSLContext | None:
        """Trusts the environment's own authority and no other; None without TLS."""
        if self.place.environment.gateway.tls == "off":
            return None
        return ssl.create_default_context(cafile=str(self.place.tls_directory / "ca.pem"))


def running_checks(installation: Installation) -> list[Check]:
    """Raises :class:`~collab_platform.errors.NotRunningError` if the environment was never up."""
    environment = _Environment(installation, installation.running_place(installation.state()))

    def check(
        name: str,
        category: Category,
        title: str,
        run: Callable[[_Environment, float], str],
        *,
        severity: Severity = "error",
        hint: str = "",
        retry_for_s: float = _READY_FOR_S,
    ) -> Check:
        return Check(
            name=name,
            category=category,
            title=title,
            run=lambda timeout_s: run(environment, timeout_s),
            severity=severity,
            hint=hint,
            retry_for_s=retry_for_s,
        )

    logs = "See `collab logs {}`."
    gateway = logs.format("gateway")
    return [
        check("supervisor", "machine", "Supervisor answers", _supervisor, hint="Run `collab up`.", retry_for_s=5),
        *(
            check(
                f"{component.name}-ready",
                _CATEGORIES[component.kind],
                f"{component.name} is ready",
                partial(_ready, component=component),
                hint=logs.format(component.name),
            )
            for component in environment.place.blueprint.components
        ),
        check("database-writes", "datastores", "Database takes a transaction", _database),
        check("valkey-writes", "datastores", "Valkey keeps a key", _valkey),
        check("objects-write", "datastores", "Object storage keeps an object", _objects),
        *outside_checks(
            environment.place.environment,
            lambda argv: execute(
                environment.place, environment.place.blueprint.component("auth"), argv, timeout_s=_OUTSIDE_TIMEOUT_S
            ),
        ),
        check("editor", "gateway", "Gateway serves the editor", _editor, hint=gateway),
        check("openapi", "gateway", "API's description comes through the gateway", _openapi, hint=gateway),
        check("jwks", "gateway", "Signing keys are published", _jwks, hint=logs.format("auth")),
        check("refusal", "gateway", "API refuses strangers", _refusal, hint=gateway),
        check("private-paths", "gateway", "Private paths stay private", _private, hint=gateway),
        check("websocket", "gateway", "WebSocket refuses a bad ticket", _websocket, hint=logs.format("collaboration")),
        check("waf", "gateway", "Web application firewall", _waf, severity="warning", retry_for_s=0),
        check("certificate", "gateway", "TLS certificate", _certificate, hint="`collab up` renews it."),
        check("secrets", "environment", "Secrets are for their owner's eyes", _secrets, retry_for_s=0),
        check("memory", "machine", "Memory of each component", _memory, severity="warning", retry_for_s=0),
        check(
            "disk",
            "machine",
            "Disk space",
            partial(_disk, at_least_bytes=DISK_ERROR_BYTES),
            hint="Free some space now: nothing can be saved on a full disk.",
            retry_for_s=0,
        ),
        check(
            "disk-reserve",
            "machine",
            "Disk space in reserve",
            partial(_disk, at_least_bytes=DISK_WARNING_BYTES),
            severity="warning",
            hint="Free some space soon.",
            retry_for_s=0,
        ),
    ]


def _supervisor(environment: _Environment, _: float) -> str:
    processes = environment.installation.processes()
    if processes is None:
        raise CheckFailed("it does not answer")
    down = [name for name, info in processes.items() if not info.is_running]
    if down:
        raise CheckFailed(f"not running: {', '.join(down)}")
    return f"{len(processes)} programs"


def _ready(environment: _Environment, timeout_s: float, *, component: Component) -> str:
    names = replicas(component)

    def ask(replica: str) -> str:
        try:
            probe(environment.place, component, replica, timeout_s=timeout_s * 0.8)
        except ProbeError as error:
            return f"{replica}: {error}"
        return ""

    with ThreadPoolExecutor(len(names)) as pool:
        faults = [fault for fault in pool.map(ask, names) if fault]
    if faults:
        raise CheckFailed("; ".join(faults))
    return f"{len(names)} of {len(names)}" if len(names) > 1 else "ready"


def _database(environment: _Environment, timeout_s: float) -> str:
    sql = (
        "begin; create temporary table collab_check (number int) on commit drop; "
        "insert into collab_check values (42); "
        "select number || ' ' || current_setting('fsync') || ' ' || pg_is_in_recovery() from collab_check; commit"
    )
    said = _or_fail(partial(ask_sql, environment.place, sql, timeout_s=timeout_s))
    if said != "42 on false":
        raise CheckFailed(f"number, fsync, in recovery: {said}; expected 42 on false")
    return "written and read, fsync on"


def _valkey(environment: _Environment, timeout_s: float) -> str:
    key, token = f"collab:check:{uuid.uuid4()}", secrets.token_hex(8)
    commands = (("SET", key, token, "EX", "30"), ("GET", key), ("DEL", key))
    replies = _or_fail(partial(ask_valkey, environment.place, *commands, timeout_s=timeout_s))
    if replies != ["OK", token, "1"]:
        raise CheckFailed("a key came back different")
    return "written and read"


def _objects(environment: _Environment, timeout_s: float) -> str:
    name, content = f"collab-check/{uuid.uuid4()}", secrets.token_bytes(1024)
    try:
        with object_errors():
            store = object_store(environment.place, timeout_s=timeout_s / 2)
            store.put(name, content)
            came_back = bytes(store.get(name).bytes())
            store.delete(name)
    except ProbeError as error:
        raise CheckFailed(str(error)) from None
    if came_back != content:
        raise CheckFailed("an object came back different")
    return "written, read and removed"


def _editor(environment: _Environment, timeout_s: float) -> str:
    for path in ("/", "/a/page/of/the/editor"):
        answer = environment.get(path, timeout_s, {"Accept": "text/html"})
        if answer.status != 200 or (b"<html" not in answer.body.lower() and b"<!doctype" not in answer.body.lower()):
            raise CheckFailed(f"{path} answers {answer.status}, without the page")
    return environment.place.public_url


def _openapi(environment: _Environment, timeout_s: float) -> str:
    document = _json(environment.get("/api/auth/schema/openapi.json", timeout_s), 200)
    if not document.get("paths"):
        raise CheckFailed("it describes nothing")
    return f"OpenAPI {document.get('openapi')}"


def _jwks(environment: _Environment, timeout_s: float) -> str:
    document = _json(environment.get("/.well-known/jwks.json", timeout_s), 200)
    keys = cast("list[dict[str, str]]", document.get("keys", []))
    if not keys:
        raise CheckFailed("no keys")
    if any("d" in key or not key.get("kid") for key in keys):
        raise CheckFailed("a key has no name, or shows its private half")
    return f"{len(keys)} key" + ("s" if len(keys) > 1 else "")


def _refusal(environment: _Environment, timeout_s: float) -> str:
    answer = environment.get("/api/documents", timeout_s)
    kind = answer.headers.get("content-type", "")
    if answer.status != 401 or not kind.startswith("application/problem+json"):
        raise CheckFailed(f"answers {answer.status} {kind}, expected 401 application/problem+json")
    return "401"


def _private(environment: _Environment, timeout_s: float) -> str:
    for path in ("/internal/verify", "/readyz", "/metrics"):
        answer = environment.get(path, timeout_s)
        if answer.status != 404:
            raise CheckFailed(f"{path} answers {answer.status}, expected 404")
    return "404"


def _websocket(environment: _Environment, timeout_s: float) -> str:
    url = f"{environment.place.local_url}/collaboration/{uuid.uuid4()}?ticket=none"
    status, code = _or_fail(partial(ask_websocket, url, timeout_s=timeout_s, tls=environment.tls()))
    if (status, code) != (101, _TICKET_REFUSED):
        raise CheckFailed(f"upgrade answered {status}, close code {code}; expected 101 and {_TICKET_REFUSED}")
    return f"closed with {_TICKET_REFUSED}"


def _waf(environment: _Environment, timeout_s: float) -> str:
    if environment.place.environment.gateway.waf == "off":
        raise CheckSkipped("turned off by gateway.waf")
    answer = environment.get("/api/auth/session?id=1%27%20UNION%20SELECT%20password%20FROM%20users--", timeout_s)
    if answer.status == 403:
        return "an SQL injection is answered 403"
    try:
        installed = environment.place.nginx.has_waf
    except CollabError:
        installed = False
    hint = "Run `collab up`." if installed else f"{WAF_REMEDY}, then `collab up`."
    raise CheckFailed("off: an SQL injection reached the services", hint=hint)


def _certificate(environment: _Environment, timeout_s: float) -> str:
    if environment.tls() is None:
        raise CheckSkipped("TLS is off")
    from cryptography import x509  # noqa: PLC0415 - only where there is TLS

    environment.get("/", timeout_s)  # verifies names and chain
    certificate = x509.load_pem_x509_certificate((environment.place.tls_directory / "server.pem").read_bytes())
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    if left < _RENEWAL:
        raise CheckFailed(f"it ends in {max(left.days, 0)} days")
    return f"good for {left.days} days"


def _secrets(environment: _Environment, _: float) -> str:
    folder = environment.place.paths.secrets
    files = [folder, *folder.rglob("*")]
    others = stat.S_IRWXG | stat.S_IRWXO
    if open_to_others := [path.name for path in files if path.stat().st_mode & others and path.suffix != ".pem"]:
        raise CheckFailed(f"others may read {', '.join(open_to_others)}", hint=f"chmod -R go= {folder}")
    return f"{len(files) - 1} files"


def _memory(environment: _Environment, _: float) -> str:
    processes = environment.installation.processes() or {}
    total, over = 0, list[str]()
    for component in environment.place.blueprint.components:
        for replica in replicas(component):
            used = memory_bytes(processes[replica].pid) if replica in processes else None
            total += used or 0
            if used and used > component.memory_mb << 20:
                over.append(f"{replica} {used >> 20} of {component.memory_mb} MiB")
    if over:
        raise CheckFailed("more than expected: " + ", ".join(over), hint="See `collab status`; restart it if it grows.")
    return f"{total >> 20} MiB in all"


def _disk(environment: _Environment, _: float, *, at_least_bytes: int) -> str:
    return check_disk(environment.place.paths.state, at_least_bytes=at_least_bytes)


def _json(answer: Answer, status: int) -> dict[str, Any]:
    if answer.status != status:
        raise CheckFailed(f"answers {answer.status}, expected {status}")
    try:
        return cast("dict[str, Any]", json.loads(answer.body))
    except ValueError:
        raise CheckFailed("the answer is not JSON") from None


def _or_fail(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except ProbeError as error:
        raise CheckFailed(str(error)) from None
