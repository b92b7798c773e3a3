"""Named queries and the struct that names them agree, or the program does not start."""

import pytest
from msgspec import Struct

from collab_kit.database import QueriesError, load_queries, parse_queries


def test_queries_are_split_at_their_names():
    text = "-- about the file\n-- name: one\nselect 1;\n\n-- name: two\n-- why\nselect 2;\n"
    assert parse_queries(text) == {"one": "select 1", "two": "-- why\nselect 2"}


def test_a_name_stands_for_one_query():
    with pytest.raises(QueriesError, match="one is named twice"):
        parse_queries("-- name: one\nselect 1;\n-- name: one\nselect 2;\n")


def test_a_missing_and_an_unused_query_are_both_faults():
    class Queries(Struct):
        find_profile: str
        nowhere: str

    with pytest.raises(QueriesError, match=r"differ in: .*nowhere.*upsert_profile"):
        load_queries(Queries, "collab_user")
