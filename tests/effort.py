"""How long Hypothesis looks: a little and always alike, or long and at random with `HYPOTHESIS_PROFILE=long`."""

import os
from typing import Final

from hypothesis import settings

__all__ = ["LONG", "examples", "load_profile"]

_LONG_FACTOR: Final = 30
LONG: Final = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def load_profile() -> None:
    """Examples derived from the test itself, unless a long run was asked for."""
    settings.register_profile("bounded", derandomize=True, deadline=None, print_blob=True)
    settings.register_profile("long", deadline=None, print_blob=True)
    settings.load_profile("long" if LONG else "bounded")


def examples(bounded: int) -> int:
    """`bounded` examples, or many times as many in a long run."""
    return bounded * _LONG_FACTOR if LONG else bounded
