"""Many clients over several replicas, with everything in between going wrong: all end equal, and equal to Yjs."""

import random
from collections.abc import Sequence
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.integration.collaboration.reference import Reference
from tests.unit.collaboration import virtualtime
from tests.unit.collaboration.simulation import World, run_script

Step = tuple[str, tuple[int, ...]]

_NUMBER = st.integers(0, 7)
_ANY = st.integers(0, 50)
_FEW = st.integers(1, 4)

_STEPS: Final[dict[str, tuple[int, tuple[st.SearchStrategy[int], ...]]]] = {
    # The everyday is more frequent than the fault, or nothing would ever get far enough to be hurt.
    "edit": (20, (_NUMBER, st.integers(0, 2**32))),
    "talk": (16, (_NUMBER,)),
    "connect": (10, (_NUMBER, _NUMBER)),
    "up": (8, (_NUMBER, _FEW)),
    "down": (8, (_NUMBER, _FEW)),
    "announce": (8, (_ANY,)),
    "let_commit": (6, ()),
    "wait": (6, (st.sampled_from([1, 60, 150, 1500]),)),
    "announce_twice": (4, (_ANY,)),
    "disconnect": (4, (_NUMBER,)),
    "lose": (3, (_ANY,)),
    "hold_commits": (2, ()),
    "fail_commits": (2, (st.integers(1, 3),)),
    "crash": (1, (_NUMBER,)),
}


def _step(name: str) -> st.SearchStrategy[Step]:
    return st.tuples(st.just(name), st.tuples(*_STEPS[name][1]))


_SCRIPTS = st.lists(
    st.sampled_from([name for name, (weight, _) in _STEPS.items() for _ in range(weight)]).flatmap(_step),
    min_size=50,
    max_size=200,
)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    replicas=st.integers(1, 3),
    clients=st.integers(2, 6),
    script=_SCRIPTS,
    order=st.randoms(use_true_random=False),
    redis=st.booleans(),
)
def test_whatever_happens_all_end_equal_and_equal_to_yjs(
    *, yjs: Reference, replicas: int, clients: int, script: Sequence[Step], order: random.Random, redis: bool
) -> None:
    async def play() -> tuple[list[bytes], list[bytes]]:
        async with World(replicas=replicas, clients=clients) as world:
            await run_script(world, [("connect", (number, number)) for number in range(clients)])
            await run_script(world, script)
            await world.heal(redis=redis)
            for client in world.clients:
                assert client.claims, "no client was ever told that it is saved"
            return world.states(), [update for client in world.clients for update in client.made]

    states, made = virtualtime.run(play())
    order.shuffle(made)
    wanted, *views = yjs.merged(made, *([state] for state in states))
    assert wanted.error is None
    assert not wanted.pending, "every edit is there"
    for view in views:
        assert view.seen == wanted.seen
        assert not view.pending
