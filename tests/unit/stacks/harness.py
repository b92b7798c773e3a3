"""Runs the programs of ``stacks/`` against a monitor that plays the engine, and keeps what went over the wire.

Pulumi's own mocks hand a test the inputs after their secretness is gone. This monitor reads the requests themselves:
what is secret is wrapped there, and parents, dependencies and protection can be seen. It makes up what a provider
would answer, and like the engine keeps secret what came in as secret or is declared so.
"""

from __future__ import annotations

import asyncio
import json
import runpy
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import run_pulumi_func

from collab_platform.components.policies import Declared
from collab_platform.components.policies.model import items, mapping

STACKS = Path(__file__).resolve().parents[3] / "stacks"
DEADLINE_S = 60
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A registration as the engine got it. ``wire`` and ``state`` still tell what is secret."""

    type: str
    name: str
    urn: str
    parent: str
    protect: bool
    depends_on: frozenset[str]
    wire: Mapping[str, Any]
    state: Mapping[str, Any]

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs, secrets included."""
        return _plain(self.wire)


@dataclass(slots=True)
class Run:
    """What a program declared. ``generated`` are the secret values that providers made up on its behalf."""

    resources: list[Resource] = field(default_factory=list[Resource])
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    exports: dict[str, Any] = field(default_factory=dict[str, Any])
    generated: set[str] = field(default_factory=set[str])
    read: list[str] = field(default_factory=list[str])
    """Stacks whose outputs were read."""

    def of(self, type_: str) -> list[Resource]:
        """The resources whose type ends so: ``Instance``."""
        return [resource for resource in self.resources if resource.type.rpartition(":")[2] == type_]

    def one(self, type_: str) -> Resource:
        (resource,) = self.of(type_)
        return resource

    def declared(self) -> list[Declared]:
        """What policies are run over."""
        return [
            Declared(type=resource.type, name=resource.name, properties=resource.inputs) for resource in self.resources
        ]

    def exported(self) -> dict[str, Any]:
        return _plain(self.exports)

    def leaks(self) -> list[str]:
        """Where a generated secret lies open, in inputs, state, a component's outputs or the stack's."""
        places = {f"{resource.name} inputs": resource.wire for resource in self.resources}
        places |= {f"{resource.name} state": resource.state for resource in self.resources}
        places |= {f"{urn} outputs": outputs for urn, outputs in self.outputs.items()}
        places["exports"] = self.exports
        return [place for place, wire in places.items() for text in _open_texts(wire) if self._holds_secret(text)]

    def _holds_secret(self, text: str) -> bool:
        return any(secret in text for secret in self.generated)


def secret(value: str) -> dict[str, str]:
    """A secret, as an output of another stack."""
    return {_SIGNATURE: _SECRET, "value": value}


def is_secret(value: object) -> bool:
    """Whether a value of ``wire``, ``state`` or ``exports`` is a secret."""
    return mapping(value).get(_SIGNATURE) == _SECRET


def run_stack(
    project: str,
    config: Mapping[str, object],
    *,
    stack: str = "local",
    preview: bool = False,
    public_subnets: bool = False,
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> Run:
    """Run ``stacks/<project>`` with ``config``, as ``pulumi up`` or ``pulumi preview`` would.

    ``others`` are the outputs of other stacks by their full names.
    """
    values = {
        f"collab-{project}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }
    return run_program(
        lambda: runpy.run_path(str(STACKS / project / "__main__.py"), run_name="__main__"),
        project=f"collab-{project}",
        stack=stack,
        config=values,
        preview=preview,
        public_subnets=public_subnets,
        others=others,
    )


def run_program(
    program: Callable[[], object],
    *,
    project: str = "collab-test",
    stack: str = "local",
    config: Mapping[str, str] | None = None,
    preview: bool = False,
    public_subnets: bool = False,
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> Run:
    """Run a program in a thread of its own: Pulumi keeps its settings by context and its loop by thread."""
    run = Run()

    async def body() -> None:
        program()

    def thread() -> None:
        loop = asyncio.new_event_loop()
        # A program's failure is raised below; each output that depends on it would print it once more.
        loop.set_exception_handler(lambda _loop, _context: None)
        asyncio.set_event_loop(loop)
        try:
            set_all_config(dict(config or {}))
            monitor = _Monitor(run, preview=preview, public_subnets=public_subnets, others=others or {})
            set_mocks(_NoMocks(), project, stack, preview=preview, monitor=monitor, organization="organization")
            # A program that failed leaves tasks of its loop, now closed, in what Pulumi waits for.
            settings: Any = SETTINGS  # its attributes are made at run time
            settings.rpc_manager.clear()
            settings.outputs.clear()
            loop.run_until_complete(run_pulumi_func(body))
            root = get_root_resource()
            exports = loop.run_until_complete(rpc.serialize_properties(getattr(root, "outputs", {}), {}))
            run.exports = MessageToDict(exports)
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    with ThreadPoolExecutor(1) as executor:
        executor.submit(thread).result(DEADLINE_S)
    return run


class _NoMocks(Mocks):
    """The monitor below answers everything itself."""

    def call(self, args: MockCallArgs) -> Any:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise NotImplementedError(args.typ)


class _Monitor(MockMonitor):
    def __init__(
        self, run: Run, *, preview: bool, public_subnets: bool, others: Mapping[str, Mapping[str, Any]]
    ) -> None:
        super().__init__(_NoMocks())
        self._others = others
        self._run = run
        self._preview = preview
        self._public_subnets = public_subnets

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802 - gRPC
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        wire = MessageToDict(request.object)
        # In a preview nothing is made: Pulumi takes what is missing from the answer as not known yet.
        state = {**wire, **({} if self._preview else self._provider_outputs(request.type, request.name, wire))}
        for key in request.additionalSecretOutputs:
            if key in state and not is_secret(state[key]):
                state[key] = {_SIGNATURE: _SECRET, "value": state[key]}
        self._run.resources.append(
            Resource(
                type=request.type,
                name=request.name,
                urn=urn,
                parent=request.parent,
                protect=request.protect,
                depends_on=frozenset(request.dependencies),
                wire=wire,
                state=state,
            )
        )
        made = request.custom and not self._preview
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=f"{request.name}-id" if made else "", object=ParseDict(state, Struct())
        )

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802 - gRPC
        """Of the things programs read, the harness knows other stacks."""
        outputs = self._others[request.id]
        self._run.read.append(request.id)
        self._run.generated |= {str(item["value"]) for item in outputs.values() if is_secret(item)}
        secret = [name for name, value in outputs.items() if is_secret(value)]
        state = {"name": request.id, "outputs": dict(outputs), "secretOutputNames": secret}
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=ParseDict(state, Struct()))

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Empty:  # noqa: N802 - gRPC
        self._run.outputs[request.urn] = MessageToDict(request.outputs)
        return Empty()

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802 - gRPC
        arguments = MessageToDict(request.args)
        match request.tok:
            case "aws:ec2/getSubnet:getSubnet":
                answer = {**arguments, "mapPublicIpOnLaunch": self._public_subnets}
            case "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken":
                answer = {**arguments, "id": arguments["tunnelId"], "token": self._secret("tunnel-token")}
            case "aws:secretsmanager/getSecretVersion:getSecretVersion":
                text = json.dumps({"username": "collab_admin", "password": self._secret("master-password")})
                answer = {**arguments, "secretString": text, "secretBinary": ""}
            case _:
                raise NotImplementedError(request.tok)
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(ParseDict(answer, Struct()))
        return response

    def _provider_outputs(self, type_: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What a provider would make up, by the last part of the type."""
        with_arn = {"arn": f"arn:aws:test:::{name}"}
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            **dict.fromkeys(("Key", "Bucket", "Secret", "Policy"), lambda: with_arn),
            **dict.fromkeys(("ParameterGroup", "SubnetGroup"), lambda: {"name": name}),
            **dict.fromkeys(("SelfSignedCert", "LocallySignedCert"), lambda: {"certPem": f"certificate {name}"}),
            "CertRequest": lambda: {"certRequestPem": f"request {name}"},
            "Instance": lambda: {
                "endpoint": f"{name}.test:5432",
                "masterUserSecrets": [{"secretArn": f"arn:aws:test:::{name}-master"}],
            },
            "ReplicationGroup": lambda: {"primaryEndpointAddress": f"{name}.test"},
            # The engine's own: it keeps what it was first given.
            "Stash": lambda: {"output": given["input"]},
            "RandomId": lambda: {"hex": "0a1b2c3d"},
            "RandomPassword": lambda: {"result": self._secret(name), "bcryptHash": self._secret(f"{name}-hash")},
            "RandomBytes": lambda: {"base64": self._secret(f"{name}-base64"), "hex": self._secret(f"{name}-hex")},
            "PrivateKey": lambda: {
                "privateKeyPem": self._secret(name),
                "privateKeyPemPkcs8": self._secret(f"{name}-pkcs8"),
                "publicKeyPem": f"public key {name}",
            },
        }
        return answers.get(type_.rpartition(":")[2], dict[str, Any])()

    def _secret(self, name: str) -> str:
        value = f"generated<{name}>"
        self._run.generated.add(value)
        return value


def _plain(value: object) -> Any:
    if fields := mapping(value):
        return _plain(fields["value"]) if is_secret(value) else {key: _plain(item) for key, item in fields.items()}
    if entries := items(value):
        return [_plain(item) for item in entries]
    return value


def _open_texts(value: object) -> Iterator[str]:
    if is_secret(value):
        return
    if isinstance(value, str):
        yield value
    for item in (*mapping(value).values(), *items(value)):
        yield from _open_texts(item)
