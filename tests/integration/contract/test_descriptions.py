"""Every service keeps to its OpenAPI description, asked through the gateway by whoever may come.

`COLLAB_SCHEMATHESIS_EXAMPLES=100` asks for longer: that many generated requests for each operation, beside those that
its description alone suggests.
"""

import pytest

from tests.integration.contract.asking import DESCRIPTIONS, Questions
from tests.integration.contract.people import KINDS, Cast, Kind
from tests.integration.gateway.harness import RunningGateway

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("service", DESCRIPTIONS)
def test_every_answer_is_as_described(service: str, kind: Kind, cast: Cast, gateway: RunningGateway):
    questions = Questions(service, kind, cast, gateway.url)
    questions.ask()

    assert questions.wrong == {}
    if kind != "anonymous":
        assert questions.answered == questions.asked


@pytest.mark.parametrize("service", DESCRIPTIONS)
def test_every_answer_is_as_described_behind_the_firewall(service: str, cast: Cast, firewall: RunningGateway):
    questions = Questions(service, "person", cast, firewall.url, examples=1)
    questions.ask()

    assert questions.wrong == {}
    assert questions.answered == questions.asked


@pytest.mark.parametrize("path", ["/internal/verify", "/livez", "/readyz", "/metrics", "/api/documents/../../internal"])
def test_what_services_keep_private_is_described_nowhere_and_reached_by_nobody(cast: Cast, path: str):
    asker = cast.asker(administrator=True)
    assert asker.get(path).status_code == 404
    for description in DESCRIPTIONS.values():
        described: dict[str, object] = asker.get(description).json()["paths"]
        assert [each for each in described if not each.startswith(("/api/", "/.well-known/"))] == []
