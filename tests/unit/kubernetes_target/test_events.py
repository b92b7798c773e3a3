"""What the engine tells becomes a plan, a policy's material, progress and drift."""

from __future__ import annotations

from collab_platform.components.policies import check_all
from collab_platform.targets.base import StepEvent
from collab_platform.targets.kubernetes.events import Preview, Progress, Urn, plain
from tests.unit.kubernetes_target.events import after, before, failed, said, urn

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"
CHART = "kubernetes:helm.sh/v4:Chart"


def test_an_urn_is_a_step_with_a_title():
    parsed = Urn.parse(urn(DEPLOYMENT, "services:collab/auth"))
    assert (parsed.step, parsed.title) == ("apps/Deployment/services:collab/auth", "Deployment auth")
    assert Urn.parse("nonsense").title == " "


class TestPreview:
    def test_is_a_step_for_each_resource_that_a_provider_keeps(self):
        found = Preview()
        found(before("create", CHART, "services", new={}, custom=False))
        found(before("create", "pulumi:providers:kubernetes", "default", new={}))
        found(before("create", DEPLOYMENT, "auth", new={"spec": {}}))
        found(before("same", SECRET, "held", old={}, new={}))
        assert [(step.title, step.action) for step in found.steps] == [
            ("Deployment auth", "create"),
            ("Secret held", "none"),
        ]

    def test_shows_what_changes(self):
        found = Preview()
        found(
            before(
                "update",
                DEPLOYMENT,
                "auth",
                old={"spec": {"replicas": 1}},
                new={"spec": {"replicas": 3}, "metadata": {"labels": {"a/b": "c"}}},
                diff={"spec.replicas": "update", 'metadata.labels["a/b"]': "add"},
            )
        )
        (step,) = found.steps
        assert step.action == "update"
        assert step.changes == ('+ metadata.labels["a/b"]: c', "~ spec.replicas: 1 -> 3")

    def test_never_shows_what_a_secret_holds(self):
        found = Preview()
        found(
            before(
                "update",
                SECRET,
                "s",
                old={"data": {"k": "b2xk"}},
                new={"data": {"k": "bmV3"}},
                diff={"data.k": "update"},
            )
        )
        (step,) = found.steps
        assert step.changes == ("~ data.k: [secret] -> [secret]",)

    def test_a_replacement_is_one_step(self):
        found = Preview()
        for op in ("create-replacement", "replace", "delete-replaced"):
            found(before(op, DEPLOYMENT, "auth", old={"a": 1}, new={"a": 2}, diff={"a": "update-replace"}))
        (step,) = found.steps
        assert step.action == "replace"
        assert step.changes == ("~ a: 1 -> 2 (replaces it)",)

    def test_gives_policies_what_would_stand(self):
        found = Preview()
        pod = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:latest"}]}}}}
        found(before("create", DEPLOYMENT, "bad", new=pod))
        found(before("delete", DEPLOYMENT, "old", old=pod))
        violations = check_all(found.declared)
        assert {violation.resource for violation in violations} == {"Deployment bad"}
        assert "no-latest-image" in {violation.policy for violation in violations}

    def test_keeps_what_went_wrong(self):
        found = Preview()
        for _ in range(2):
            found(said("error", "<{%fg 1%}>image is\nmissing<{%reset%}>", DEPLOYMENT, "auth"))
        found(said("warning", "nothing to worry about"))
        assert found.diagnostics == ["Deployment auth: image is missing"]


class TestDrift:
    def test_is_what_others_changed(self):
        found = Preview(drift=True)
        found(before("refresh", DEPLOYMENT, "auth", old={}, new={}))
        found(
            after(
                "update",
                DEPLOYMENT,
                "auth",
                old={"spec": {"replicas": 1}, "status": {"a": 1}},
                new={"spec": {"replicas": 5}, "status": {"a": 2}},
            )
        )
        found(after("delete", SECRET, "lost", old={"data": {}}))
        found(after("same", SECRET, "held", old={}, new={}))
        assert [(step.title, step.action, step.reason) for step in found.steps] == [
            ("Deployment auth", "update", "changed by others"),
            ("Secret lost", "remove", "gone"),
            ("Secret held", "none", ""),
        ]
        assert found.steps[0].changes == ("~ spec.replicas: 1 -> 5",)

    def test_is_not_what_the_cluster_writes_by_itself(self):
        found = Preview(drift=True)
        old = {"status": {"ready": 1}, "metadata": {"resourceVersion": "1", "generation": 1}}
        new = {"status": {"ready": 2}, "metadata": {"resourceVersion": "2", "generation": 1}}
        found(after("update", DEPLOYMENT, "auth", old=old, new=new))
        assert [step.action for step in found.steps] == ["none"]


class TestProgress:
    def test_tells_of_each_resource(self):
        heard: list[StepEvent] = []
        clock = iter(range(100))
        progress = Progress(heard.append, now=lambda: float(next(clock)))
        progress(before("create", DEPLOYMENT, "auth", new={}))
        progress(said("info", "[1/2] Waiting for pods", DEPLOYMENT, "auth"))
        progress(after("create", DEPLOYMENT, "auth", new={}))
        progress(before("same", SECRET, "held", old={}, new={}))
        assert [(event.title, event.state) for event in heard] == [
            ("Deployment auth", "started"),
            ("Deployment auth", "progress"),
            ("Deployment auth", "done"),
        ]
        assert heard[1].message == "[1/2] Waiting for pods"
        assert heard[2].elapsed_s > 0
        assert [step.title for step in progress.done] == ["Deployment auth"]

    def test_a_failure_says_why(self):
        heard: list[StepEvent] = []
        progress = Progress(heard.append)
        progress(before("create", DEPLOYMENT, "auth", new={}))
        progress(said("error", "ImagePullBackOff", DEPLOYMENT, "auth"))
        progress(failed("create", DEPLOYMENT, "auth", new={}))
        assert (heard[-1].state, heard[-1].message) == ("failed", "ImagePullBackOff")
        assert progress.diagnostics == ["Deployment auth: ImagePullBackOff"]


def test_words_of_the_engine_are_one_plain_line():
    assert plain("<{%fg 3%}>a\n  b<{%reset%}>\x1b[31mc\x1b[0m") == "a bc"
