"""Pictures made anew, whatever was sent."""

import io
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from collab_user.avatars.drawing import EXIT_NOT_AN_IMAGE, MAX_PIXELS, SIDE_PX, UnusableImage, redraw
from tests.effort import examples

_MODES = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"],
    "JPEG": ["L", "RGB", "CMYK"],
    "WEBP": ["RGB", "RGBA"],
    "GIF": ["L", "P"],
}


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, kind, **options)
    return encoded.getvalue()


def check(drawn: bytes) -> Image.Image:
    with Image.open(io.BytesIO(drawn)) as image:
        assert (image.format, image.size) == ("WEBP", (SIDE_PX, SIDE_PX))
        assert not image.getexif()
        assert not {"icc_profile", "xmp", "comment"} & image.info.keys()
        return image.convert("RGBA")


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind, modes in _MODES.items() for mode in modes])
@pytest.mark.parametrize("size", [(1, 1), (300, 20), (20, 300), (1024, 768)])
def test_every_kind_of_picture_becomes_a_square(kind: str, mode: str, size: tuple[int, int]):
    check(redraw(encode(Image.new(mode, size), kind)))


def test_the_middle_is_what_is_kept():
    wide = Image.new("RGB", (900, 300), "#ff0000")
    wide.paste("#00ff00", (300, 0, 600, 300))
    middle = check(redraw(encode(wide, "PNG")))
    for point in ((5, 5), (128, 128), (250, 250)):
        red, green, blue, _ = pixel(middle, point)
        assert green > 200
        assert max(red, blue) < 60


def test_what_is_transparent_stays_so():
    assert pixel(check(redraw(encode(Image.new("RGBA", (64, 64), (255, 0, 0, 0)), "PNG"))), (128, 128))[3] == 0
    indexed = Image.new("P", (64, 64))
    assert pixel(check(redraw(encode(indexed, "PNG", transparency=0))), (128, 128))[3] == 0


def test_nothing_that_was_said_beside_the_picture_is_kept():
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", "my secret place")
    sent = encode(Image.new("RGB", (64, 64)), "PNG", pnginfo=said, icc_profile=b"secret profile")
    assert b"secret" in sent
    assert b"secret" not in redraw(sent)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation: int):
    """However the camera was held: what it says is the top is at the top."""
    upright = Image.new("RGB", (64, 64), "#0000ff")
    upright.paste("#ff0000", (0, 0, 64, 16))
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    held = upright if orientation == 1 else upright.transpose(turns[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    drawn = check(redraw(encode(held, "JPEG", exif=exif, quality=95)))
    assert pixel(drawn, (128, 10))[0] > 150
    assert pixel(drawn, (128, 240))[2] > 150


def test_of_something_that_moves_the_first_frame_is_taken():
    frames = [Image.new("RGB", (32, 32), color) for color in ("#ff0000", "#00ff00")]
    drawn = check(redraw(encode(frames[0], "GIF", save_all=True, append_images=frames[1:])))
    assert pixel(drawn, (128, 128))[0] > 200


def test_too_many_pixels_are_refused():
    with pytest.raises(UnusableImage, match="pixels"):
        redraw(encode(Image.new("1", (MAX_PIXELS // 1000 + 1, 1000)), "PNG"))


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "PDF", "AVIF"])
def test_other_kinds_are_refused(kind: str):
    with pytest.raises(UnusableImage):
        redraw(encode(Image.new("RGB", (32, 32)), kind))


_BEGINNINGS = (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\x00\x00\x00\x00WEBP", b"GIF89a")


@settings(max_examples=examples(200))
@given(st.sampled_from(_BEGINNINGS), st.binary(max_size=500))
def test_bytes_that_are_no_picture_are_refused_and_nothing_else(beginning: bytes, rest: bytes):
    refused_or_drawn(beginning + rest)


@settings(max_examples=examples(150))
@given(st.sampled_from(sorted(_MODES)), st.data())
def test_a_spoilt_picture_is_drawn_or_refused(kind: str, data: st.DataObject):
    whole = bytearray(encode(Image.linear_gradient("L").resize((40, 30)), kind))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    refused_or_drawn(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


def test_the_process_that_draws_says_what_it_found():
    def run(content: bytes) -> tuple[int, bytes]:
        command = [sys.executable, "-I", "-m", "collab_user.avatars.drawing"]
        done = subprocess.run(command, input=content, capture_output=True, env={}, timeout=30, check=False)
        assert done.stderr == b""
        return done.returncode, done.stdout

    code, drawn = run(encode(Image.new("RGB", (2000, 1000)), "PNG"))
    assert code == 0
    check(drawn)
    assert run(b"no picture") == (EXIT_NOT_AN_IMAGE, b"Expected a PNG, JPEG, WebP or GIF that is whole.")


def pixel(image: Image.Image, point: tuple[int, int]) -> tuple[int, int, int, int]:
    found = image.getpixel(point)
    assert isinstance(found, tuple)
    red, green, blue, alpha = found
    return red, green, blue, alpha


def refused_or_drawn(content: bytes) -> None:
    try:
        drawn = redraw(content)
    except UnusableImage:
        return
    check(drawn)
