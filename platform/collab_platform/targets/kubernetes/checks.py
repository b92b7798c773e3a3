"""The questions before ``up`` (can it be done from here?) and after (does it do its work?)."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from uuid import uuid4

from collab_platform.blueprint import derive
from collab_platform.checks import Category, Check, CheckFailed, CheckSkipped, Severity
from collab_platform.checks.given import check_closed, describe_given
from collab_platform.checks.outside import outside_checks
from collab_platform.checks.probes import Answer, ProbeError, ask_http, ask_websocket
from collab_platform.errors import CollabError, LockedError
from collab_platform.images.lock import read_images
from collab_platform.targets.base import ComponentStatus
from collab_platform.targets.kubernetes.charts import charts_directory
from collab_platform.targets.kubernetes.execute import execute
from collab_platform.targets.kubernetes.externals import Externals
from collab_platform.targets.kubernetes.installation import Installation
from collab_platform.targets.kubernetes.status import own_components, read_status
from collab_platform.targets.kubernetes.workloads import DATASTORES, Namespace
from collab_platform.targets.lock import environment_lock

Found = TypeVar("Found")

_MINIMUM_CLUSTER = (1, 30)
_READY_FOR_S = 120.0
_OUTSIDE_TIMEOUT_S = 25.0
_TICKET_REFUSED = 4401


def preflight_checks(installation: Installation) -> list[Check]:
    """Each changes nothing; those of severity ``error`` would make ``up`` fail."""

    def check(
        name: str,
        title: str,
        run: Callable[[Installation], str],
        *,
        category: Category = "machine",
        severity: Severity = "error",
        hint: str = "",
    ) -> Check:
        return Check(
            name=name,
            category=category,
            title=title,
            run=lambda _: _or_fail(lambda: run(installation)),
            severity=severity,
            hint=hint,
            deadline_s=45,
        )

    return [
        check("engine", "Pulumi engine", _engine),
        check("cluster", "Cluster answers", _cluster, category="environment"),
        check("access", "Allowed to make what is needed", _access, category="environment"),
        check("images", "Images are there", _images, category="environment"),
        check("given", "Secrets that you give", _given, category="environment"),
        check("given-closed", "They are for your eyes", _given_closed, category="environment", severity="warning"),
        check("charts", "Charts are there", _charts),
        check("credentials", "Credentials of the cloud", _credentials, category="environment", severity="warning"),
        check("lock", "Nobody else is changing it", _lock),
    ]


def running_checks(installation: Installation) -> list[Check]:
    """Every component in the cluster, and the whole through its public URL."""
    environment = installation.environment
    names = own_components(environment, derive(installation.name, environment))
    found = [
        Check(
            name=name,
            category="datastores" if name in DATASTORES else "gateway" if name in {"gateway", "web"} else "services",
            title=f"{name} is ready",
            run=partial(_ready, installation, name),
            hint=f"`collab logs {name}` and `collab status` show why.",
            deadline_s=45,
            retry_for_s=_READY_FOR_S,
        )
        for name in names
    ]

    def outside(name: str, title: str, ask: Callable[[_Outside, float], str], hint: str = "") -> Check:
        return Check(
            name=name,
            category="gateway",
            title=title,
            run=lambda timeout_s: ask(_Outside(installation), timeout_s),
            hint=hint or "Does the name lead to the cluster? Look at the gateway: `collab logs gateway`.",
            deadline_s=15,
            retry_for_s=20,
        )

    return [
        *found,
        *outside_checks(
            environment,
            lambda argv: execute(installation.kubectl, "auth", argv, stdin="", timeout_s=_OUTSIDE_TIMEOUT_S),
        ),
        outside("editor", "The public URL answers", _editor),
        outside("keys", "Keys to verify tokens with", _keys),
        outside("refusal", "Nobody in without a token", _refusal),
        outside("private", "Inner paths stay inside", _private),
        outside("websocket", "WebSocket through the gateway", _websocket),
    ]


def _engine(installation: Installation) -> str:
    return f"pulumi {installation.stacks.engine.version}"


def _cluster(installation: Installation) -> str:
    done = installation.kubectl.run("version", "--output=json")
    version: Mapping[str, str] = json.loads(done.stdout).get("serverVersion") or {}
    if not version:
        raise CheckFailed("the cluster does not say its version", hint="`kubectl cluster-info` should answer.")
    number = (int(version["major"]), int(version["minor"].rstrip("+")))
    if number < _MINIMUM_CLUSTER:
        raise CheckFailed(f"Kubernetes {number[0]}.{number[1]}, older than {'.'.join(map(str, _MINIMUM_CLUSTER))}")
    return f"Kubernetes {version['gitVersion']}"


def _access(installation: Installation) -> str:
    needed = (
        ("create", "namespaces"),
        ("create", "deployments.apps"),
        ("create", "secrets"),
        ("create", "networkpolicies.networking.k8s.io"),
    )
    refused = [
        f"{verb} {resource}"
        for verb, resource in needed
        if installation.kubectl.ask("auth", "can-i", verb, resource).stdout.strip() != "yes"
    ]
    if refused:
        raise CheckFailed(f"not allowed: {', '.join(refused)}", hint="Ask for the role admin in the namespace.")
    return "yes"


def _images(installation: Installation) -> str:
    images = read_images(installation.places.root, installation.name)
    environment = installation.environment
    namespace = Namespace(
        blueprint=derive(installation.name, environment), environment=environment, externals=Externals()
    )
    wanted = ["service", "gateway", "web", *(name for name in DATASTORES if namespace.is_built_in(name))]
    if absent := [name for name in wanted if name not in images.images]:
        raise CheckFailed(
            f"not built for this environment: {', '.join(absent)}",
            hint="`collab image build`, then `collab image push` or `collab image load`.",
        )
    return images.image("service").tag


def _charts(installation: Installation) -> str:
    folder = charts_directory(installation.places.root)
    if absent := [name for name in ("services", "gateway", "web", "datastores") if not (folder / name).is_dir()]:
        raise CheckFailed(f"missing in {folder}: {', '.join(absent)}", hint="Run collab in a checkout of the project.")
    return str(folder)


def _credentials(installation: Installation) -> str:
    if installation.environment.kubernetes.edge != "cloudflare":
        raise CheckSkipped("nothing outside the cluster needs any of ours")
    if not os.environ.get("CLOUDFLARE_API_TOKEN"):
        raise CheckFailed("CLOUDFLARE_API_TOKEN is not set", hint="stacks/README.md says what the token must allow.")
    return "CLOUDFLARE_API_TOKEN is set"


def _given(installation: Installation) -> str:
    return describe_given(installation.environment, installation.places.root)


def _given_closed(installation: Installation) -> str:
    return check_closed(installation.environment, installation.places.root)


def _lock(installation: Installation) -> str:
    if not installation.places.state.is_dir():
        return "not there yet"
    try:
        with environment_lock(installation.places.state, "collab check --pre"):
            return "free"
    except LockedError as error:
        raise CheckFailed(error.summary, hint=error.remedy) from None


def _ready(installation: Installation, name: str, _timeout_s: float) -> str:
    status = _or_fail(lambda: read_status(installation.name, installation.environment, installation.kubectl))
    component = next((each for each in status.components if each.name == name), None)
    if component is None or component.state != "healthy":
        raise CheckFailed(_reason(component))
    count = len(component.replicas)
    return "1 pod" if count == 1 else f"{count} pods"


def _reason(component: ComponentStatus | None) -> str:
    if component is None:
        return "it is not there"
    return component.message or component.state


class _Outside:
    """The environment as its users see it."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        cluster = installation.environment.kubernetes
        if cluster.ingress == "none" and cluster.edge == "none" and cluster.service_type == "ClusterIP":
            raise CheckSkipped("nothing leads to the gateway from outside (see kubernetes.service_type)")
        self.url = installation.environment.site.public_url

    def get(self, path: str, timeout_s: float) -> Answer:
        try:
            return ask_http(f"{self.url}{path}", timeout_s=timeout_s, tls=self.tls())
        except ProbeError as error:
            raise CheckFailed(f"{self.url}: {error}") from None

    def tls(self) -> ssl.SSLContext | None:
        """Trusts the system's authorities and the environment's own."""
        if not self.url.startswith("https:"):
            return None
        context = ssl.create_default_context()
        kubectl = self._installation.kubectl
        done = kubectl.ask("get", "configmap", "collab-trust", "--output=jsonpath={.data.ca\\.crt}")
        if done.returncode == 0 and "BEGIN CERTIFICATE" in done.stdout:
            context.load_verify_locations(cadata=done.stdout)
        return context


def _editor(outside: _Outside, timeout_s: float) -> str:
    answer = outside.get("/", timeout_s)
    if answer.status != 200 or b"<html" not in answer.body.lower():
        raise CheckFailed(f"answers {answer.status}, expected 200 and the editor's page")
    return outside.url


def _keys(outside: _Outside, timeout_s: float) -> str:
    answer = outside.get("/.well-known/jwks.json", timeout_s)
    try:
        keys: Sequence[Mapping[str, str]] = json.loads(answer.body)["keys"] if answer.status == 200 else ()
    except (ValueError, KeyError, TypeError):
        keys = ()
    if not keys or any("d" in key for key in keys):
        raise CheckFailed(f"answers {answer.status}, expected public keys")
    return f"{len(keys)} key" + ("s" if len(keys) > 1 else "")


def _refusal(outside: _Outside, timeout_s: float) -> str:
    answer = outside.get("/api/documents", timeout_s)
    if answer.status != 401:
        raise CheckFailed(f"answers {answer.status}, expected 401")
    return "401"


def _private(outside: _Outside, timeout_s: float) -> str:
    for path in ("/internal/verify", "/readyz", "/metrics"):
        answer = outside.get(path, timeout_s)
        if answer.status != 404:
            raise CheckFailed(f"{path} answers {answer.status}, expected 404")
    return "404"


def _websocket(outside: _Outside, timeout_s: float) -> str:
    url = f"{outside.url}/collaboration/{uuid4()}?ticket=none"
    try:
        status, code = ask_websocket(url, timeout_s=timeout_s, tls=outside.tls())
    except ProbeError as error:
        raise CheckFailed(str(error)) from None
    if (status, code) != (101, _TICKET_REFUSED):
        raise CheckFailed(f"upgrade answered {status}, close code {code}; expected 101 and {_TICKET_REFUSED}")
    return f"closed with {_TICKET_REFUSED}"


def _or_fail(find: Callable[[], Found]) -> Found:
    try:
        return find()
    except CollabError as error:
        raise CheckFailed(error.summary, hint=error.remedy) from None
