"""What the web application firewall is told about one route: which fields may hold anything, and what a body may be.

ModSecurity takes a location's rules before those of its server, so that the core rule set finds its targets gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collab_platform.gateway.quoting import Word, verbatim
from collab_platform.routes import Route

_CRS = "OWASP_CRS"  # the tag that every rule of the core rule set has
_TOO_LONG = 10_004  # our own rule about the length of a field
_BEGINNING_BYTES = 128
# Where a query shows as a whole, with its free text.
_WHOLE_ADDRESS = ("REQUEST_URI", "REQUEST_URI_RAW", "REQUEST_LINE", "QUERY_STRING")


def waf_rules(route: Route, number: int) -> tuple[Word, ...]:
    """The values of ``modsecurity_rules`` for a route. ``number``: an id for its rules that no other rule has."""
    return tuple(verbatim(rule) for rule in _rules(route, number))


def _rules(route: Route, number: int) -> Iterator[str]:
    query = [field[1:] for field in route.free_text if field.startswith("?")]
    body = [f"json.{field}" for field in route.free_text if not field.startswith("?")]
    actions = [action for name in (*query, *body) for action in _leave_out(name)]
    if route.media_types:
        # A file can be large, and nothing here could understand it. Without access to bodies ModSecurity would not look
        # at the query either: so it gets to see the beginning, of which the core rule set looks at nothing.
        yield f"SecRequestBodyLimit {_BEGINNING_BYTES}"
        yield "SecRequestBodyLimitAction ProcessPartial"
        allowed = " ".join(f"|{media_type}|" for media_type in route.media_types)
        actions.append(f"setvar:'tx.allowed_request_content_type={allowed}'")
    if query:
        # As a whole the address has the free text in it, so it is not looked at: its path is held to what it can be.
        actions += [f"ctl:ruleRemoveTargetByTag={_CRS};{target}" for target in _WHOLE_ADDRESS]
        yield (
            f'SecRule REQUEST_FILENAME "!@rx {_path(route)}" "id:{number + 100},phase:1,t:none,log,deny,status:403,'
            "msg:'A path that this route does not have'\""
        )
    if actions:
        yield f'SecAction "id:{number},phase:1,t:none,nolog,pass,{",".join(actions)}"'


def _leave_out(name: str) -> tuple[str, ...]:
    return (
        f"ctl:ruleRemoveTargetByTag={_CRS};ARGS:{name}",
        f"ctl:ruleRemoveTargetById={_TOO_LONG};ARGS:{name}",
    )


def _path(route: Route) -> str:
    path = re.escape(route.path)
    return f"^{path}$" if route.match == "exact" else rf"^{path}[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*$"
