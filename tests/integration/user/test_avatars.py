"""Pictures: what is taken, what becomes of it, and what is left behind when things fail."""

import asyncio
import io
import signal
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from obstore.store import S3Store
from PIL import Image

from collab_kit.s3 import open_bucket
from collab_kit.settings import Secret
from tests.datastores import Datastores, wait_until
from tests.integration.user.harness import House, Member
from tests.problems import assert_problem
from tests.services import Stage


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 480), color: str = "#2563eb", **options: object) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, color).save(drawn, kind, **options)
    return drawn.getvalue()


def upload(person: Member, content: bytes, kind: str = "image/png") -> httpx.Response:
    return person.call("PUT", "/me/avatar", content=content, headers={"Content-Type": kind})


def show(house: House, url: str) -> httpx.Response:
    return house.client().get(house.stage.url("user") + url)


def key_of(house: House, person: Member) -> str:
    return house.sql(f"select avatar_key from users.profile where id = '{person.id}'")  # noqa: S608  # a test's own id


def bucket_of(house: House) -> S3Store:
    store = house.object_store
    assert store is not None
    return open_bucket(
        "collab",
        endpoint=store.endpoint,
        region="us-east-1",
        access_key=store.access_key,
        secret_key=Secret(store.secret_key),
        ca_file=None,
        deadline=timedelta(seconds=10),
    )


def objects_of(house: House) -> set[str]:
    """Keys of pictures in object storage."""
    pages = bucket_of(house).list("avatars/")  # pyright: ignore[reportUnknownMemberType]  # an overload of it
    return {each["path"] for page in pages for each in page}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_drawn_anew_and_shown_to_who_knows_its_address(house: House, kind: str):
    ada = house.person()
    assert ada.call("GET", "/me").json()["avatar_url"] is None
    stored = upload(ada, picture(kind), f"image/{kind.lower()}")
    assert stored.status_code == 200, stored.text
    url = stored.json()["avatar_url"]
    assert url.startswith(f"/api/users/{ada.id}/avatar?v=")
    assert house.person("Bob").call("GET", f"/{ada.id}").json()["avatar_url"] == url

    shown = show(house, url)
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in shown.headers["cache-control"]
    with Image.open(io.BytesIO(shown.content)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))


def test_nobody_finds_a_picture_without_its_address(house: House):
    ada = house.person()
    url = upload(ada, picture()).json()["avatar_url"]
    wrong = "0" * 64
    assert_problem(show(house, url.partition("=")[0] + "=" + wrong), 404, "no-such-avatar")
    assert_problem(show(house, url.partition("?")[0]), 400, "invalid-request")
    assert_problem(show(house, url.partition("=")[0] + "=../../secrets"), 400, "invalid-request")
    bob = house.person("Bob")
    assert_problem(show(house, url.replace(ada.id, bob.id)), 404, "no-such-avatar")


def test_a_photograph_is_turned_upright_and_tells_nothing(house: House):
    photograph = Image.new("RGB", (400, 200), "#ff0000")
    photograph.paste("#0000ff", (200, 0, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90 degrees
    exif[0x010E] = "at home"
    drawn = io.BytesIO()
    photograph.save(drawn, "JPEG", exif=exif, comment=b"secret place")
    shown = show(house, upload(house.person(), drawn.getvalue(), "image/jpeg").json()["avatar_url"])
    assert b"home" not in shown.content
    assert b"secret" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as image:
        assert not image.getexif()
        top, bottom = image.convert("RGB").getpixel((128, 20)), image.convert("RGB").getpixel((128, 236))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > top[2]
    assert bottom[2] > 200 > bottom[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\xff" * 50],
)
def test_what_is_no_picture_is_refused(house: House, content: bytes):
    ada = house.person()
    assert_problem(upload(ada, content), 400, "not-an-image")
    assert ada.call("GET", "/me").json()["avatar_url"] is None


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(house: House):
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    problem = assert_problem(upload(house.person(), bomb.getvalue()), 400, "not-an-image")
    assert "pixels" in problem["detail"]


def test_only_pictures_may_be_large(house: House):
    ada = house.person()
    assert_problem(upload(ada, b"x" * (5 * 1024 * 1024 + 1)), 413, "body-too-large")
    assert_problem(upload(ada, b"x" * (5 * 1024 * 1024)), 400, "not-an-image")
    assert_problem(ada.call("PATCH", "/me", {"name": "x" * 70_000}), 413, "body-too-large")


def test_the_object_of_an_old_picture_is_deleted(house: House):
    ada = house.person()
    upload(ada, picture(color="#111111"))
    first = key_of(house, ada)
    assert first in objects_of(house)
    upload(ada, picture(color="#222222"))
    second = key_of(house, ada)
    wait_until(lambda: first not in objects_of(house), "the old picture's deletion")
    assert second in objects_of(house)

    removed = ada.call("DELETE", "/me/avatar")
    assert removed.json()["avatar_url"] is None
    wait_until(lambda: second not in objects_of(house), "the picture's deletion")
    assert ada.call("DELETE", "/me/avatar").status_code == 200


async def test_of_many_pictures_at_once_one_is_left(house: House):
    ada = house.person()
    headers = {"Authorization": ada.client.headers["Authorization"], "Content-Type": "image/png"}
    contents = [picture(color=f"#{number}{number}0000") for number in (1, 2, 3, 1)]
    async with httpx.AsyncClient(timeout=30, trust_env=False, headers=headers) as client:
        url = f"{ada.base_url}/api/users/me/avatar"
        answers = await asyncio.gather(*(client.put(url, content=content) for content in contents))
    assert {answer.status_code for answer in answers} == {200}
    assert show(house, ada.call("GET", "/me").json()["avatar_url"]).status_code == 200
    hashes = {answer.json()["avatar_url"].rpartition("=")[2] for answer in answers}

    def stored() -> set[str]:
        return {key for key in objects_of(house) if key.split("/")[1] in hashes}

    await asyncio.to_thread(wait_until, lambda: stored() == {key_of(house, ada)}, "the others' deletion")


def test_an_object_that_a_crash_left_is_deleted(house: House):
    """As after a crash between the upload and the profile's change: the intent was written first."""
    bucket = bucket_of(house)
    key = "avatars/left/behind.webp"
    bucket.put(key, b"picture")
    house.sql("insert into users.outbox (kind, subject) values ('avatar', 'avatars/left/behind.webp')")
    wait_until(lambda: key not in objects_of(house), "the object's deletion")


def test_while_object_storage_is_away_the_old_picture_stays(own_datastores: Datastores, peers_house: House):
    house = peers_house
    ada = house.person()
    before = upload(ada, picture(color="#111111")).json()["avatar_url"]
    assert house.object_store is not None
    house.object_store.stop(signal.SIGKILL)
    assert_problem(upload(ada, picture(color="#222222")), 503, "store-unavailable")
    assert ada.call("GET", "/me").json()["avatar_url"] == before
    assert_problem(show(house, before), 503, "store-unavailable")
    house.object_store.start()
    wait_until(lambda: show(house, before).status_code == 200, "the picture coming back")
    # What was never uploaded is still noted for deletion, so that nothing is left.
    assert house.sql("select count(*) from users.outbox where kind = 'avatar'") == "1"
    assert own_datastores.object_store is house.object_store


@pytest.fixture
def peers_house(own_datastores: Datastores, house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Datastores of its own, to be stopped."""
    stage = Stage.prepare(tmp_path_factory.mktemp("user"), own_datastores)
    own = House(stage, house.peers, own_datastores.object_store)
    with own.stack:
        try:
            stage.migrate("user")
            own.start()
            yield own
        finally:
            for process in stage.processes:
                process.stop()


def test_without_object_storage_everything_else_works(own_house: House):
    own_house.start()
    ada = own_house.person()
    assert_problem(upload(ada, picture()), 503, "storage-not-configured")
    assert ada.call("DELETE", "/me/avatar").json()["avatar_url"] is None
    assert ada.call("GET", "/me").status_code == 200
