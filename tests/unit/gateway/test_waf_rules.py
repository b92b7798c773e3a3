"""What the firewall is told about a route."""

from __future__ import annotations

from typing import Any

from collab_platform.gateway.waf import waf_rules
from collab_platform.routes import Route
from tests.unit.gateway.words import words


def rules(**changes: Any) -> list[str]:
    fields: dict[str, Any] = {"name": "x", "match": "exact", "path": "/api/x.y", "component": "a", "max_body_bytes": 1}
    return [words(rule)[0] for rule in waf_rules(Route(**fields | changes), 10_100)]


def test_a_route_without_free_text_has_no_rules_of_its_own():
    assert rules() == []


def test_a_field_of_the_body_is_left_out_and_nothing_else():
    assert rules(free_text=("anchor.quote",)) == [
        'SecAction "id:10100,phase:1,t:none,nolog,pass,'
        "ctl:ruleRemoveTargetByTag=OWASP_CRS;ARGS:json.anchor.quote,"
        'ctl:ruleRemoveTargetById=10004;ARGS:json.anchor.quote"'
    ]


def test_where_the_query_may_hold_anything_the_path_may_not():
    exact, left_out = rules(free_text=("?q",))
    prefix = rules(free_text=("?q",), match="prefix", path="/api/x/")[0]

    assert '"!@rx ^/api/x\\.y$" "id:10200,' in exact
    assert '"!@rx ^/api/x/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*$"' in prefix
    assert ";ARGS:q," in left_out
    assert ";REQUEST_URI_RAW" in left_out


def test_files_have_types_and_are_not_read_to_their_end():
    beginning, action, types = rules(media_types=("image/png", "text/plain"))

    assert (beginning, action) == ("SecRequestBodyLimit 128", "SecRequestBodyLimitAction ProcessPartial")
    assert "setvar:'tx.allowed_request_content_type=|image/png| |text/plain|'" in types
