"""What is read of nginx's log, and of its status page."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_gateway import connections, counting

PREFIX = b"<190>Nov 23 14:18:31 nginx: "
LINE: dict[str, Any] = {
    "route": "documents",
    "method": "GET",
    "status": 200,
    "bytes": 512,
    "seconds": 0.004,
    "cache": "",
    "limited": "",
    "score": None,
}


def datagram(**changes: Any) -> bytes:
    return PREFIX + msgspec.json.encode(LINE | changes)


def test_a_line_is_read_from_its_syslog_message():
    assert counting.read(datagram(score=5, cache="HIT")) == counting.Line(
        route="documents", method="GET", status=200, bytes=512, seconds=0.004, cache="HIT", limited="", score=5
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        PREFIX,
        datagram()[:-1],
        datagram(status="200"),
        datagram(status=-1),
        datagram(seconds=-0.5),
        PREFIX + b'{"route":"documents"}',
        PREFIX + b"[]",
        datagram().replace(b"documents", b"\xe2\x80"),
    ],
)
def test_what_is_no_line_is_left_out(sent: bytes):
    assert counting.read(sent) is None


@given(st.binary(max_size=300) | st.binary(max_size=40).map(lambda noise: datagram().replace(b"documents", noise)))
def test_nothing_that_is_sent_ends_the_counting(sent: bytes):
    line = counting.read(sent)
    if line is not None:
        counting.count(line)


def test_a_status_page_is_read_and_nothing_else():
    page = "Active connections: 7 \nserver accepts handled requests\n 16 16 31 \nReading: 1 Writing: 2 Waiting: 4 \n"
    assert connections.parse(page) == {"reading": 1, "writing": 2, "waiting": 4}
    assert connections.parse("<html>404</html>") is None
