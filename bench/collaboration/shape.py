"""Shapes as they are written."""

import re

from bench.collaboration.load import Shape

__all__ = ["parse_shape"]


def parse_shape(text: str, seconds: float) -> Shape:
    """Raises `ValueError`."""
    found = re.fullmatch(r"(\d+)x(\d+)x(\d+)@(\d+(?:\.\d+)?)", text)
    if found is None:
        raise ValueError(f"{text}: expected DOCUMENTSxCLIENTSxWRITERS@EDITS_PER_S, for example 1x50x50@250")
    documents, clients, writers = (int(found[group]) for group in (1, 2, 3))
    if not 1 <= writers <= clients:
        raise ValueError(f"{text}: there are {clients} clients for {writers} writers")
    return Shape(documents=documents, clients=clients, writers=writers, edits_per_s=float(found[4]), seconds=seconds)
