"""SeaweedFS's command line and its S3 identities."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

ACCESS_KEY = "collab"
ADMIN_ACCESS_KEY = "collab-admin"

_VOLUME_SIZE_MB = 1024

VARIABLES = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "2"}
"""How many volumes a collection gets at a time; there is no argument for it.

Of the seven that are the default each counts as full: where a disk has little space, those of whichever collection
comes first would leave the bucket's none.
"""


def server_arguments(*, data: Path, sockets: Path, identities: Path, host: str, ports: Mapping[str, int]) -> list[str]:
    """Arguments of ``weed``: one process that is master, volume server, filer and S3 gateway, all on loopback.

    ``ports`` by the names in the blueprint. Only the S3 port asks for credentials, so none of them may leave ``host``.
    """
    options: dict[str, str | int] = {
        "dir": str(data),
        "ip": host,
        "ip.bind": host,
        "master.port": ports["master"],
        "master.port.grpc": ports["master-grpc"],
        # One master for ever: it need not wait for an election at each start.
        "master.peers": "none",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": _VOLUME_SIZE_MB,
        "master.volumePreallocate": "false",
        "volume.port": ports["volume"],
        "volume.port.grpc": ports["volume-grpc"],
        "volume.max": 0,
        "volume.index": "leveldb",
        "volume.preStopSeconds": 0,
        "volume.minFreeSpace": "256MiB",
        "filer": "true",
        "filer.port": ports["filer"],
        "filer.port.grpc": ports["filer-grpc"],
        "filer.disableHttp": "true",
        "filer.localSocket": str(sockets / "seaweedfs-filer.sock"),
        "s3": "true",
        "s3.port": ports["s3"],
        "s3.port.grpc": ports["s3-grpc"],
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.iam": "false",
        "s3.config": str(identities),
        "s3.localSocket": str(sockets / "seaweedfs-s3.sock"),
    }
    return ["-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items())]


def stray_sockets(ports: Mapping[str, int]) -> list[Path]:
    """Sockets that ``weed`` makes in a place of its own choice and leaves behind when it is killed."""
    grpc = {name.removesuffix("-grpc"): port for name, port in ports.items() if name.endswith("-grpc")}
    return [Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock") for name, port in grpc.items()]  # noqa: S108 - weed's choice


def render_identities(*, bucket: str, secret_key: str, admin_secret_key: str) -> str:
    """The S3 identities: services may use the one bucket, the platform may make it. Holds the secrets."""
    actions = [f"{action}:{bucket}" for action in ("Read", "Write", "List", "Tagging")]
    return json.dumps(
        {
            "identities": [
                _identity("collab", ACCESS_KEY, secret_key, actions),
                _identity("collab-admin", ADMIN_ACCESS_KEY, admin_secret_key, ["Admin", "Read", "Write", "List"]),
            ]
        },
        indent=2,
    )


def _identity(name: str, access_key: str, secret_key: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": access_key, "secretKey": secret_key}], "actions": actions}
