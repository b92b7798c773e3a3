"""What a file may be called, and be."""

import re
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_document.attachments.rules import (
    MEDIA_TYPES,
    disposition,
    object_key,
    parse_media_type,
    parse_name,
    parse_sha256,
    parse_size,
    upload_key,
)
from collab_kit.errors import InvalidRequest


@given(st.text(max_size=250))
def test_a_name_that_is_taken_is_a_safe_header(text: str):
    try:
        name = parse_name(text)
    except InvalidRequest:
        return
    header = disposition(name)
    assert header.startswith("attachment; ")
    assert re.fullmatch(r"[\x20-\x7e]+", header)
    assert unquote(header.partition("''")[2]) == name
    assert not set("/\\\x00\r\n") & set(name)


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "a\\b", "a\x00b", "x" * 201])
def test_names_that_are_refused(name: str):
    with pytest.raises(InvalidRequest):
        parse_name(name)


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "", "a"])
def test_nothing_that_a_browser_would_run(media_type: str):
    with pytest.raises(InvalidRequest):
        parse_media_type(media_type)
    assert media_type not in MEDIA_TYPES


def test_a_type_is_taken_in_any_case():
    assert parse_media_type("Image/PNG") == "image/png"


@pytest.mark.parametrize(("size", "good"), [(0, False), (1, True), (10, True), (11, False), (-1, False)])
def test_sizes(size: int, good: bool):
    if good:
        assert parse_size(size, max_bytes=10) == size
    else:
        with pytest.raises(InvalidRequest):
            parse_size(size, max_bytes=10)


def test_digests():
    assert parse_sha256(None) is None
    assert parse_sha256("aB" * 32) == b"\xab" * 32
    for wrong in ("", "ab", "g" * 64, "ab" * 33):
        with pytest.raises(InvalidRequest):
            parse_sha256(wrong)


def test_an_upload_is_not_where_the_attachment_will_be():
    document, attachment = UUID(int=1), UUID(int=2)
    assert upload_key(attachment) != object_key(document, attachment)
    # What collaboration keeps, and removes with a document, is below `documents/`.
    assert not object_key(document, attachment).startswith("documents/")
