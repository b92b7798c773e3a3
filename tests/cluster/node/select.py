"""Which cluster the tests run on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from .cluster import Cluster
from .foreign import GivenCluster, given_kubeconfig, kind_cluster
from .own import Node


@contextmanager
def open_cluster(directory: Path) -> Generator[Cluster]:
    """A given cluster, else kind's where kind is on PATH, else our own node; what was started ends with the block.

    ``COLLAB_TEST_NODE``: the directory of a node of ours that somebody started by hand, which is used and stays.

    :raises Unavailable: none of the three is to be had here.
    :raises ClusterError: the one that was chosen does not start.
    """
    if directory_of_node := os.environ.get("COLLAB_TEST_NODE"):
        yield Node(Path(directory_of_node))
    elif (kubeconfig := given_kubeconfig()) is not None:
        yield GivenCluster(kubeconfig=kubeconfig, logs=directory / "logs")
    elif shutil.which("kind"):
        with kind_cluster(directory) as cluster:
            yield cluster
    else:
        node = Node.up(directory)
        try:
            yield node
        finally:
            node.down()
