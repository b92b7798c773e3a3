"""What happens, and which alerts fire: the rules as rendered, in Prometheus' own test bench."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.observability.chart import SERVICES, alerts, promtool, rules, run
from tests.containers.base import Unavailable

Series = dict[str, str]

UP: Series = {
    f'up{{namespace="collab",component="{name}",pod="{name}-0"}}': "1x9000" for name in (*SERVICES, "gateway")
}
IN = 'namespace="collab"'
REQUESTS = f'collab_http_requests_total{{{IN},component="document",method="GET",route="/api/documents"'
HOUR, DAY = 60, 1440


def at_the_gateway(**by_status: str) -> Series:
    labels = f'{IN},component="gateway",method="GET",route="documents"'
    return {
        f'collab_gateway_requests_total{{{labels},status="{status[1:]}"}}': values
        for status, values in by_status.items()
    }


def requests(*, ok: str, failed: str) -> Series:
    return {f'{REQUESTS},status="200"}}': ok, f'{REQUESTS},status="503"}}': failed}


def histogram(
    name: str, *, le: tuple[str, str], labels: str = 'component="collaboration",pod="collaboration-0"'
) -> Series:
    """Ten observations a minute: none in the first bucket, all in the second."""
    first, second = le
    rest = "" if second == "+Inf" else second
    return {
        f'{name}_bucket{{{IN},{labels},le="{first}"}}': "0x9000",
        **({f'{name}_bucket{{{IN},{labels},le="{rest}"}}': "0+10x9000"} if rest else {}),
        f'{name}_bucket{{{IN},{labels},le="+Inf"}}': "0+10x9000",
    }


def one(name: str, values: str, labels: str = 'component="collaboration",pod="collaboration-0"') -> Series:
    return {f"{name}{{{IN},{labels}}}": values}


# What is seen, after how many minutes, and which alerts fire then (none else).
SITUATIONS: dict[str, tuple[Series, int, set[str]]] = {
    "all is well": (
        {
            **requests(ok="0+600x200", failed="0x200"),
            **one("collab_store_away", "0x200"),
            **one("collab_pending_bytes", "1000x200"),
            **one("collab_commit_failures_total", "0x200"),
            **one("collab_catch_ups_total", "0+1x200", 'component="collaboration",pod="a",reason="gap"'),
            **one("kube_deployment_status_replicas_available", "2x200", 'deployment="gateway"'),
            **one("kube_statefulset_status_replicas_ready", "1x200", 'statefulset="postgresql"'),
            **one("kube_statefulset_replicas", "1x200", 'statefulset="postgresql"'),
            **one("probe_success", "1x200", 'instance="https://gateway.collab.svc/"'),
            **one("probe_ssl_earliest_cert_expiry", "8640000x200", 'instance="https://gateway.collab.svc/"'),
        },
        HOUR,
        set(),
    ),
    "the gateway gets no answers": (
        at_the_gateway(_200="0+600x60", _502="0+30x60", _504="0+30x60"),
        5,
        {"CollabNoAnswers"},
    ),
    "a few of many get no answer, or few do at all": (at_the_gateway(_200="0+600x60", _502="0+6x60"), 30, set()),
    "somebody's upload was too large": (at_the_gateway(_200="0+6x60", _413="0+6x60"), 30, set()),
    "one of three requests got no answer at night": (at_the_gateway(_200="0 0+2x60", _502="0 1x60"), 5, set()),
    "the firewall takes texts for attacks": (
        {
            **one("collab_gateway_firewall_score_count", "0+600x60", 'component="gateway"'),
            **one("collab_gateway_firewall_matched_total", "0+60x60", 'component="gateway",route="documents"'),
        },
        30,
        {"CollabFirewallMatching"},
    ),
    "a scanner comes by": (
        {
            **one("collab_gateway_firewall_score_count", "0+600x60", 'component="gateway"'),
            **one("collab_gateway_firewall_matched_total", "0+100x3 300x60", 'component="gateway",route="documents"'),
        },
        30,
        set(),
    ),
    "nobody counts the gateway's requests": (
        one("up", "0x60", 'component="gateway",pod="gateway-0"'),
        15,
        {"CollabGatewayUncounted"},
    ),
    "another namespace is none of ours": ({'collab_store_away{namespace="other",pod="x"}': "1x60"}, 30, set()),
    "one replica of two is gone": (one("up", "0x60", 'component="auth",pod="auth-1"'), 10, {"CollabReplicaDown"}),
    "all replicas answer no more": ({f'up{{{IN},component="user",pod="user-0"}}': "0x60"}, 3, {"CollabServiceDown"}),
    "a service has no pods at all": ({f'up{{{IN},component="user",pod="user-0"}}': "stale"}, 8, {"CollabServiceDown"}),
    "a store does not answer the readiness check": (
        one("collab_http_requests_total", "0+4x60", 'component="user",pod="user-0",route="/readyz",status="503"'),
        10,
        {"CollabServiceNotReady"},
    ),
    "one request in fifty fails": (
        requests(ok="0+588x200", failed="0+12x200"),
        90,
        {"CollabErrorBudgetBurningFast", "CollabErrorBudgetBurningSlowly"},
    ),
    "one in a hundred fails, for hours": (
        requests(ok="0+99x500", failed="0+1x500"),
        7 * HOUR,
        {"CollabErrorBudgetBurningFast", "CollabErrorBudgetBurningSlowly"},
    ),
    "four in a thousand fail, for a day": (
        requests(ok="0+996x1600", failed="0+4x1600"),
        DAY,
        {"CollabErrorBudgetBurningSlowly"},
    ),
    "few of few requests fail": (requests(ok="0+1x200", failed="0 0 0 1 1 2 3+0x200"), 30, set()),
    "requests are slow": (
        {
            **requests(ok="0+10x9000", failed="0x9000"),
            **histogram(
                "collab_http_request_seconds", le=("1", "2.5"), labels='component="document",route="/api/documents"'
            ),
        },
        30,
        {"CollabRequestsSlow"},
    ),
    "hardly anybody is there, and it is slow": (
        {
            **requests(ok="0+1x9000", failed="0x9000"),
            **histogram(
                "collab_http_request_seconds", le=("1", "2.5"), labels='component="document",route="/api/documents"'
            ),
        },
        30,
        set(),
    ),
    "a peer is away": (
        {
            **one("collab_peer_calls_total", "0+10x60", 'component="document",peer="user",outcome="failed"'),
            **one("collab_peer_calls_total", "0+10x60", 'component="document",peer="user",outcome="answered"'),
        },
        15,
        {"CollabPeerCallsFailing"},
    ),
    "background work fails": (
        one("collab_background_failures_total", "0+1x60", 'component="auth",task="outbox"'),
        30,
        {"CollabBackgroundWorkFailing"},
    ),
    "a profile was given up": (
        one("collab_auth_outbox_rows", "1x60", 'component="auth",state="given-up"'),
        20,
        {"CollabProfilesUndelivered"},
    ),
    "profiles pile up": (
        one("collab_auth_outbox_rows", "60x60", 'component="auth",state="waiting"'),
        20,
        {"CollabProfilesUndelivered"},
    ),
    "mails pile up": (one("collab_auth_mails_waiting", "60x60", 'component="auth"'), 20, {"CollabMailsNotSent"}),
    "mails about documents pile up": (
        one("collab_auth_notices_waiting", "300x60", 'component="auth"'),
        20,
        {"CollabMailsNotSent"},
    ),
    "many mails at once": (one("collab_auth_mails_waiting", "60x5 0x60", 'component="auth"'), 20, set()),
    **{
        f"{component} gave up a call": (
            one(f"collab_{component}_outbox_rows", "0 1x60", f'component="{component}",state="given-up"'),
            10,
            {"CollabCallsGivenUp"},
        )
        for component in ("document", "user")
    },
    "calls to other services only wait": (
        one("collab_document_outbox_rows", "5000x60", 'component="document",state="waiting"'),
        30,
        set(),
    ),
    **{
        f"{name} piles up": (one(name, "0+100x200", f'component="document"{labels}'), after, {alert})
        for name, labels, after, alert in (
            ("collab_document_to_index", "", 30, "CollabSearchBehind"),
            ("collab_document_webhook_deliveries", ',state="due"', 20, "CollabWebhooksLate"),
            ("collab_document_object_deletions_due", "", 80, "CollabObjectsNotDeleted"),
        )
    },
    **{
        f"{name} is high for a moment": (
            one(name, f"{value}x{minutes} 0x60", f'component="document"{labels}'),
            minutes,
            set(),
        )
        for name, labels, value, minutes in (
            ("collab_document_to_index", "", 5000, 14),
            ("collab_document_webhook_deliveries", ',state="due"', 5000, 14),
            ("collab_document_object_deletions_due", "", 50_000, 59),
        )
    },
    "webhooks that failed are tried again later": (
        one("collab_document_webhook_deliveries", "5000x60", 'component="document",state="waiting"'),
        30,
        set(),
    ),
    "PostgreSQL is away": (
        one("collab_database_unavailable_total", "0+5x60", 'component="document",error="OSError"'),
        10,
        {"CollabPostgreSQLAway"},
    ),
    "the pool is too small": (
        histogram("collab_database_wait_seconds", le=("0.5", "1"), labels='component="document"'),
        15,
        {"CollabDatabasePoolExhausted"},
    ),
    **{
        f"Redis is away, says {metric}": (one(metric, "0+3x60", labels), 10, {"CollabRedisAway"})
        for metric, labels in (
            ("collab_events_reconnects_total", 'component="document"'),
            ("collab_events_published_total", 'component="document",type="member.changed",outcome="failed"'),
            ("collab_fanout_messages_total", 'component="collaboration",direction="out",outcome="failed"'),
            ("collab_auth_attempts_total", 'component="auth",outcome="unknown"'),
        )
    },
    "edits cannot be saved": (one("collab_store_away", "0 0 1x60"), 4, {"CollabEditsNotSaved"}),
    "edits can be saved again": (one("collab_store_away", "0 1 1 1 0x60"), 8, set()),
    "commits fail now and then": (one("collab_commit_failures_total", "0+2x60"), 15, {"CollabCommitsFailing"}),
    "commits are slow": (histogram("collab_commit_seconds", le=("0.25", "1")), 15, {"CollabCommitsSlow"}),
    "edits reach the others late": (histogram("collab_saved_seconds", le=("0.5", "1")), 15, {"CollabEditsSlow"}),
    "edits wait": (one("collab_pending_bytes", "30000000x60"), 5, {"CollabUnsavedEditsGrowing"}),
    "edits are refused": (
        one("collab_updates_refused_total", "0+1x60", 'pod="collaboration-0",reason="busy"'),
        10,
        {"CollabEditsRefused"},
    ),
    "a document is at its size limit": (
        one("collab_updates_refused_total", "0+1x60", 'pod="collaboration-0",reason="too large"'),
        10,
        {"CollabDocumentsTooLarge"},
    ),
    "readers who write are refused": (
        one("collab_updates_refused_total", "0+9x60", 'pod="collaboration-0",reason="read-only"'),
        10,
        set(),
    ),
    "replicas miss edits": (
        one("collab_catch_ups_total", "0+20x60", 'pod="collaboration-0",reason="gap"'),
        30,
        {"CollabReplicasCatchingUp"},
    ),
    "replicas drop messages": (
        one("collab_fanout_messages_total", "0+1x60", 'direction="out",outcome="dropped"'),
        20,
        {"CollabFanoutDropping"},
    ),
    "a snapshot is damaged": (one("collab_snapshots_damaged_total", "0 0 1+0x60"), 10, {"CollabSnapshotDamaged"}),
    "operations are left out": (one("collab_operations_left_out_total", "0 0 1+0x60"), 10, {"CollabOperationsLeftOut"}),
    "snapshots fail": (
        one("collab_snapshots_total", "0+1x60", 'component="collaboration",outcome="failed"'),
        30,
        {"CollabSnapshotsFailing"},
    ),
    "documents open slowly": (
        histogram("collab_document_open_seconds", le=("1", "5")),
        30,
        {"CollabDocumentsOpenSlowly"},
    ),
    "a replica is nearly full": (one("collab_connections_open", "4500x60"), 10, {"CollabConnectionsNearLimit"}),
    "the gateway is gone": (
        one("kube_deployment_status_replicas_available", "0x60", 'deployment="gateway"'),
        5,
        {"CollabEntryDown"},
    ),
    "the database is gone": (
        {
            **one("kube_statefulset_status_replicas_ready", "0x60", 'statefulset="postgresql"'),
            **one("kube_statefulset_replicas", "1x60", 'statefulset="postgresql"'),
        },
        5,
        {"CollabDatastoreDown"},
    ),
    "a pod restarts": (
        one("kube_pod_container_status_restarts_total", "0+1x60", 'pod="auth-0",container="auth"'),
        10,
        {"CollabPodRestarting"},
    ),
    "a migration failed": (
        one("kube_job_status_failed", "1x60", 'job_name="migrate-0a1b2c"'),
        2,
        {"CollabMigrationFailed"},
    ),
    "a volume fills": (
        {
            **one("kubelet_volume_stats_available_bytes", "10x60", 'persistentvolumeclaim="data-postgresql-0"'),
            **one("kubelet_volume_stats_capacity_bytes", "100x60", 'persistentvolumeclaim="data-postgresql-0"'),
        },
        10,
        {"CollabVolumeFilling"},
    ),
    "a volume is full": (
        {
            **one("kubelet_volume_stats_available_bytes", "4x60", 'persistentvolumeclaim="data-postgresql-0"'),
            **one("kubelet_volume_stats_capacity_bytes", "100x60", 'persistentvolumeclaim="data-postgresql-0"'),
        },
        10,
        {"CollabVolumeFilling", "CollabVolumeFull"},
    ),
    "there is no more to scale to": (
        {
            **one("kube_horizontalpodautoscaler_status_current_replicas", "6x60", 'horizontalpodautoscaler="document"'),
            **one("kube_horizontalpodautoscaler_spec_max_replicas", "6x60", 'horizontalpodautoscaler="document"'),
        },
        40,
        {"CollabAutoscalerAtMaximum"},
    ),
    "nobody gets in": (
        one("probe_success", "0x60", 'instance="https://gateway.collab.svc/"'),
        5,
        {"CollabUnreachable"},
    ),
    # The bench's clock begins at 0: ten days and one day.
    "a certificate ends in ten days": (
        one("probe_ssl_earliest_cert_expiry", "864000x60", 'instance="https://auth.collab.svc:8080/livez"'),
        20,
        {"CollabCertificateExpiring"},
    ),
    "a certificate ends tomorrow": (
        one("probe_ssl_earliest_cert_expiry", "86400x60", 'instance="https://auth.collab.svc:8080/livez"'),
        20,
        {"CollabCertificateExpiring", "CollabCertificateEnding"},
    ),
}


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """promtool, and a directory with the rules."""
    try:
        tool = promtool()
    except Unavailable as error:
        pytest.skip(str(error))
    directory = tmp_path_factory.mktemp("rules")
    (directory / "rules.json").write_text(json.dumps({"groups": rules()}))
    return tool, directory


def judge(bench: tuple[Path, Path], name: str, test: dict[str, Any]) -> str:
    """promtool's complaint, empty if what was expected happened."""
    tool, directory = bench
    file = directory / f"{name}.json"
    file.write_text(json.dumps({"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": [test]}))
    done = run(tool, "test", "rules", file)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def situation(series: Series, minutes: int, expected: set[str]) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in {**UP, **series}.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{minutes}m",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(expected)],
            }
        ],
    }


def test_promtool_accepts_the_rules(bench: tuple[Path, Path]):
    tool, directory = bench
    done = run(tool, "check", "rules", "--lint=all", "--lint-fatal", directory / "rules.json")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_happens_raises_its_alerts_and_no_others(bench: tuple[Path, Path], name: str):
    assert judge(bench, "situation", situation(*SITUATIONS[name])) == ""


def test_an_alert_that_is_not_expected_would_be_found(bench: tuple[Path, Path]):
    series, minutes, _ = SITUATIONS["edits cannot be saved"]
    assert "CollabEditsNotSaved" in judge(bench, "unexpected", situation(series, minutes, set()))


def test_every_alert_has_been_seen_to_fire():
    assert set[str]().union(*(expected for _, _, expected in SITUATIONS.values())) == set(alerts())


def test_an_alert_says_who_what_and_where_to_read_on(bench: tuple[Path, Path]):
    series, minutes, _ = SITUATIONS["a certificate ends in ten days"]
    where = "https://auth.collab.svc:8080/livez"
    expected = {
        "exp_labels": {"severity": "warning", "namespace": "collab", "instance": where},
        "exp_annotations": {
            "summary": f"The certificate of {where} ends in 9d 23h 40m 0s",
            "description": "Renew it; connections are refused from the moment it has ended.",
            "runbook_url": "docs/observability.md#collabcertificateexpiring",
        },
    }
    test = situation(series, minutes, set()) | {
        "promql_expr_test": [],
        "alert_rule_test": [
            {"eval_time": f"{minutes}m", "alertname": "CollabCertificateExpiring", "exp_alerts": [expected]}
        ],
    }
    assert judge(bench, "said", test) == ""
