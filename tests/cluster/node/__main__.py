"""Start and end our own node by hand, and build its programs ahead of time."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from filelock import Timeout

from tests.containers.base import Unavailable

from . import toolchain
from .cluster import ClusterError
from .images import system_images
from .own import Node


def main() -> int:
    """Returns 0 when it was done, 1 when it was not: the reason is on standard error."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.node", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build every program into the cache")
    for name, text in (("up", "start a node and wait until pods run"), ("down", "end it; its logs stay")):
        commands.add_parser(name, help=text).add_argument("--dir", type=Path, required=True, metavar="DIR")
    load = commands.add_parser("load", help="put the images of archives onto a node")
    load.add_argument("--dir", type=Path, required=True, metavar="DIR")
    load.add_argument("archives", type=Path, nargs="+", metavar="ARCHIVE")
    options = parser.parse_args()
    try:
        _run(options)
    except (ClusterError, Unavailable, OSError, Timeout) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "build":
            system_images()
            _say(
                helm=toolchain.helm(),
                kubeconform=toolchain.kubeconform(),
                **{name: toolchain.programs(name) for name in ("kubernetes", "traefik", "metrics-server")},
            )
        case "up":
            node = Node.up(options.dir, detached=True)
            _say(
                kubeconfig=node.kubeconfig,
                kubectl=node.kubectl_program,
                address=node.address,
                logs=node.logs,
            )
        case "load":
            Node(options.dir).load(*options.archives)
        case _:
            Node(options.dir).down()


def _say(**results: object) -> None:
    for name, value in results.items():
        sys.stdout.write(f"{name}\t{value}\n")


if __name__ == "__main__":
    raise SystemExit(main())
