"""The rules of the zone, as pure data from the route table, the environment's limits and the zone's plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from pulumi_cloudflare import RulesetRuleArgsDict

from collab_platform.components.edge.expressions import PATH, any_of, below, host_is, on_host, paths, quote
from collab_platform.components.edge.settings import Plan
from collab_platform.environment.schema import Gateway
from collab_platform.routes import RateClass, Route

Phase = Literal[
    "http_request_cache_settings",
    "http_request_firewall_custom",
    "http_request_firewall_managed",
    "http_ratelimit",
]

# What services say to each other and to their operator. The gateway does not route these; the edge does not pass them.
_PRIVATE = ("internal", "metrics", "livez", "readyz")
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_YEAR_S = 31_536_000
# Identifiers of Cloudflare's own rulesets, the same in every account.
# https://developers.cloudflare.com/waf/managed-rules/reference/
_CLOUDFLARE_MANAGED = "efb7b8c949ac4650a09736fc376e9aee"
_OWASP_CORE = "4814384a9e5d4991b9815dcfc25d2f1f"


def rulesets(
    *, hostname: str, plan: Plan, routes: Sequence[Route], limits: Gateway
) -> dict[Phase, list[RulesetRuleArgsDict]]:
    """The rules of each phase; a phase without rules is left out."""
    phases: dict[Phase, list[RulesetRuleArgsDict]] = {
        "http_request_cache_settings": cache_rules(hostname=hostname, routes=routes),
        "http_request_firewall_custom": custom_rules(hostname=hostname),
        "http_request_firewall_managed": managed_rules(hostname=hostname, plan=plan, routes=routes),
        "http_ratelimit": rate_rules(hostname=hostname, plan=plan, routes=routes, limits=limits),
    }
    return {phase: rules for phase, rules in phases.items() if rules}


def cache_rules(*, hostname: str, routes: Sequence[Route]) -> list[RulesetRuleArgsDict]:
    """Keep what the build named by its content; never keep what a service answered.

    Where two rules match, the later one wins: what must not be cached comes last.
    """
    # More than is served matches, /apidocs say: not to cache a file is slow, to cache somebody's answer is a breach.
    served = sorted({route.path.split("/")[1] for route in routes})
    return [
        {
            "ref": "assets",
            "description": "Assets are named by their content and never change",
            "expression": on_host(hostname, f'starts_with({PATH}, "/assets/")'),
            "action": "set_cache_settings",
            "action_parameters": {
                "cache": True,
                # A 404 for an asset of a release not rolled out everywhere yet must not outlive the roll-out.
                "edge_ttl": {
                    "mode": "override_origin",
                    "default": _YEAR_S,
                    "status_code_ttls": [{"status_code_range": {"from_": 300, "to": 599}, "value": -1}],
                },
                "browser_ttl": {"mode": "respect_origin"},
            },
        },
        {
            "ref": "services",
            "description": "Answers of services are for one caller",
            "expression": on_host(
                hostname, any_of(f"starts_with({PATH}, {quote(f'/{segment}')})" for segment in served)
            ),
            "action": "set_cache_settings",
            "action_parameters": {"cache": False},
        },
    ]


def custom_rules(*, hostname: str) -> list[RulesetRuleArgsDict]:
    """What no honest client sends."""
    # Lower case, so that a server behind us which ignores case cannot be reached around the rule.
    path = f"lower({PATH})"
    hidden = f'{path} contains "/." and not starts_with({path}, "/.well-known/")'
    methods = " ".join(f'"{method}"' for method in _METHODS)
    return [
        _block(hostname, "private", "Paths for services and operators", below(_PRIVATE, path=path)),
        _block(hostname, "hidden", "Hidden files", hidden),
        _block(hostname, "methods", "Methods that nothing here answers", f"not http.request.method in {{{methods}}}"),
    ]


def managed_rules(*, hostname: str, plan: Plan, routes: Sequence[Route]) -> list[RulesetRuleArgsDict]:
    """Cloudflare's own WAF rules. On the free plan its free ruleset runs by itself and takes no configuration."""
    if plan == "free":
        return []
    rules: list[RulesetRuleArgsDict] = []
    if unchecked := paths(route for route in routes if not route.waf):
        rules.append(
            {
                "ref": "unchecked",
                "description": "Routes whose service checks what it is sent",
                "expression": on_host(hostname, unchecked),
                "action": "skip",
                "action_parameters": {"ruleset": "current"},
                "logging": {"enabled": True},
            }
        )
    for ref, description, id_ in (
        ("cloudflare", "Cloudflare Managed Ruleset", _CLOUDFLARE_MANAGED),
        ("owasp", "Cloudflare OWASP Core Ruleset", _OWASP_CORE),
    ):
        rules.append(
            {
                "ref": ref,
                "description": description,
                "expression": host_is(hostname),
                "action": "execute",
                "action_parameters": {"id": id_},
            }
        )
    return rules


def rate_rules(*, hostname: str, plan: Plan, routes: Sequence[Route], limits: Gateway) -> list[RulesetRuleArgsDict]:
    """The gateway's limits for one address, once more where a flood still costs us nothing.

    Cloudflare counts within each of its data centres, and loosely; the gateway's count stays the exact one. So these
    limits are the most that the gateway lets through in a period, never less. The free plan has one rule, of ten
    seconds, that can look at nothing but the path: it guards sign-in.
    """
    by_class: dict[RateClass, list[Route]] = {}
    for route in routes:
        by_class.setdefault(route.rate, []).append(route)
    rules: list[RulesetRuleArgsDict] = []
    if sign_in := by_class.get("sign-in"):
        period_s = 10 if plan == "free" else 60
        # The gateway lets a minute's worth through at once (its burst), and the rate on top of that.
        requests = limits.sign_in_rate_per_min + math.ceil(limits.sign_in_rate_per_min * period_s / 60)
        expression = paths(sign_in) if plan == "free" else on_host(hostname, paths(sign_in))
        rules.append(_limit("sign-in", expression, requests=requests, period_s=period_s))
    if plan != "free" and (api := by_class.get("api")):
        rules.append(
            _limit(
                "api",
                on_host(hostname, paths(api)),
                requests=limits.request_rate_per_s * 10 + limits.request_burst,
                period_s=10,
            )
        )
    return rules


def _block(hostname: str, ref: str, description: str, condition: str) -> RulesetRuleArgsDict:
    return {
        "ref": ref,
        "description": description,
        "expression": on_host(hostname, condition),
        "action": "block",
    }


def _limit(ref: str, expression: str, *, requests: int, period_s: int) -> RulesetRuleArgsDict:
    return {
        "ref": ref,
        "description": f"At most {requests} requests in {period_s} s from one address",
        "expression": expression,
        "action": "block",
        "ratelimit": {
            "characteristics": ["cf.colo.id", "ip.src"],
            "period": period_s,
            "requests_per_period": requests,
            "mitigation_timeout": period_s,
        },
    }
