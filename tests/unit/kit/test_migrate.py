"""The URL handed to dbmate."""

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from collab_kit.migrate import dbmate_url
from collab_kit.settings import Secret


def test_without_a_word_about_tls_there_is_none():
    url = dbmate_url("postgresql://collab_auth@127.0.0.1:5432/collab", Secret("p"))
    assert url == "postgres://collab_auth:p@127.0.0.1:5432/collab?sslmode=disable"


def test_what_the_url_says_of_tls_stays():
    url = dbmate_url("postgresql://collab_auth@db/collab?sslmode=verify-full&connect_timeout=5", Secret("p"))
    assert url == "postgres://collab_auth:p@db/collab?sslmode=verify-full&connect_timeout=5"


@given(st.text(st.characters(min_codepoint=33, exclude_categories=["Cs"]), min_size=1))
def test_any_password_survives(password: str):
    parts = urlsplit(dbmate_url("postgresql://role@host:5432/db", Secret(password)))
    assert (parts.hostname, parts.port, parts.username) == ("host", 5432, "role")
    assert unquote(parts.password or "") == password
