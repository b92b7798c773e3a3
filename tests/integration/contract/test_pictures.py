"""What the gateway keeps is never an old version of something that has changed since."""

import io

import httpx
import pytest
from PIL import Image

from tests.integration.contract.people import Asker, Cast
from tests.integration.gateway.harness import RunningGateway

pytestmark = pytest.mark.timeout(300)  # the first test here waits for the whole system to be there


def put(asker: Asker, url: str, color: str) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), color).save(picture, "PNG")
    headers = {"Authorization": f"Bearer {asker.access_token}", "Content-Type": "image/png"}
    answer = httpx.put(
        f"{url}/api/users/me/avatar", content=picture.getvalue(), headers=headers, timeout=30, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["avatar_url"])


def color_of(answer: httpx.Response) -> tuple[int, ...]:
    pixel = Image.open(io.BytesIO(answer.content)).convert("RGB").getpixel((100, 100))
    assert isinstance(pixel, tuple)
    return pixel


async def test_a_new_picture_is_shown_at_once(cast: Cast, gateway: RunningGateway):
    asker = cast.asker()
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=30) as client:
        first = put(asker, gateway.url, "#ff0000")
        shown = [await client.get(first) for _ in range(2)]
        second = put(asker, gateway.url, "#0000ff")
        changed = await client.get(second)
        profile = asker.call("GET", "/api/users/me")
        kept = await gateway.logged(shown[1].headers["x-request-id"])

    assert kept["cache"] == "HIT"
    assert shown[0].content == shown[1].content
    assert color_of(shown[0]) == pytest.approx((255, 0, 0), abs=8)
    assert color_of(changed) == pytest.approx((0, 0, 255), abs=8)
    assert first != second == profile["avatar_url"]


async def test_a_picture_has_no_address_that_stays_when_it_changes(cast: Cast, gateway: RunningGateway):
    asker = cast.asker()
    address = put(asker, gateway.url, "#ff0000")
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=30) as client:
        for query in ("", "?v=", "?v=newest"):
            assert (await client.get(address.partition("?")[0] + query)).status_code == 400
