"""What an update deletes, and whether another one deletes as much.

Every client that has a document at all repeats all of its deletions when asked what it has. Whether that is news is
thus asked often, and answered without a copy of the document, which for a large one would hold everybody else up.
"""

from itertools import pairwise

from collab_collaboration.lib0 import read_uint

__all__ = ["Deletions", "covers", "read_deletions"]

Deletions = dict[int, list[tuple[int, int]]]
"""Client id to ranges of clocks, from and up to, in order and apart."""


def read_deletions(update: bytes) -> Deletions:
    """Of an update that has no structs. Raises `Malformed`."""
    _, at = read_uint(update, 0)
    clients, at = read_uint(update, at)
    deletions: Deletions = {}
    for _ in range(clients):
        client, at = read_uint(update, at)
        count, at = read_uint(update, at)
        ranges: list[tuple[int, int]] = []
        for _ in range(count):
            start, at = read_uint(update, at)
            length, at = read_uint(update, at)
            ranges.append((start, start + length))
        deletions[client] = _joined(ranges)
    return deletions


def covers(whole: Deletions, part: Deletions) -> bool:
    """Whether `whole` has everything that `part` has."""
    return all(_covers(whole.get(client, []), ranges) for client, ranges in part.items())


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if all(first[1] < second[0] for first, second in pairwise(ranges)):
        return ranges
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _covers(whole: list[tuple[int, int]], part: list[tuple[int, int]]) -> bool:
    at = 0
    for start, end in part:
        while at < len(whole) and whole[at][1] < end:
            at += 1
        if at == len(whole) or whole[at][0] > start:
            return False
    return True
