"""Which requests a browser says another site began."""

import pytest

from collab_auth.csrf import is_cross_site

PUBLIC = "https://docs.example.org"


@pytest.mark.parametrize(
    ("fetch_site", "origin", "expected"),
    [
        (None, None, False),
        ("same-origin", None, False),
        ("none", None, False),
        # The address that the browser uses may be another than the public one: it knows, and says same-origin.
        ("same-origin", "http://localhost:5173", False),
        ("same-site", PUBLIC, True),
        ("cross-site", None, True),
        ("cross-site", PUBLIC, True),
        ("", None, True),
        (None, PUBLIC, False),
        (None, "https://docs.example.org:443", False),
        (None, "https://DOCS.example.org", False),
        (None, "http://docs.example.org", True),
        (None, "https://example.org", True),
        (None, "https://docs.example.org.evil.org", True),
        (None, "https://docs.example.org:8443", True),
        (None, "null", True),
        (None, "", True),
        (None, "https://[", True),
        (None, "https://docs.example.org:x", True),
    ],
)
def test_browsers_are_believed(fetch_site: str | None, origin: str | None, *, expected: bool):
    assert is_cross_site(fetch_site, origin, public_url=PUBLIC) is expected
