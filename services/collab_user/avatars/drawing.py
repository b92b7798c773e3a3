"""A picture made anew from what somebody sent: `python -m collab_user.avatars.drawing`, standard input to output.

Decoders of images are large programs in C that read what strangers wrote. So they run in a process of their own that
holds no secret, may take only so much memory and time, and is killed when it takes more. Exit codes: 0 the WebP is on
standard output, 3 it is no picture (the reason is there, one line).
"""

import io
import resource
import sys
import warnings
from typing import Final

__all__ = ["EXIT_NOT_AN_IMAGE", "SIDE_PX", "UnusableImage", "main", "redraw"]

SIDE_PX: Final = 256
MAX_PIXELS: Final = 25_000_000
"""Decoded it takes four bytes for each."""
EXIT_NOT_AN_IMAGE: Final = 3

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
_MAX_MEMORY_BYTES: Final = 768 * 1024 * 1024
_MAX_CPU_S: Final = 10


class UnusableImage(Exception):  # noqa: N818  # named for what was found
    """What was sent cannot be drawn; the message may be shown."""


def redraw(content: bytes) -> bytes:
    """The first frame as WebP, upright, its middle cut out as a square, no metadata in it. Raises `UnusableImage`."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # only the process that draws needs it

    Image.MAX_IMAGE_PIXELS = None  # the size is looked at below, before anything is decoded
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise UnusableImage(f"Expected at most {MAX_PIXELS} pixels, found {width} x {height}.")
                # JPEG can be decoded at a fraction of its size, which is all that is needed.
                image.draft("RGB", (SIDE_PX * 2, SIDE_PX * 2))
                upright = ImageOps.exif_transpose(image)
                drawn = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            square = ImageOps.fit(drawn, (SIDE_PX, SIDE_PX), method=Image.Resampling.LANCZOS)
    except UnusableImage:
        raise
    except Exception as error:  # Pillow's readers raise whatever comes: OSError, SyntaxError, struct.error, ...
        raise UnusableImage("Expected a PNG, JPEG, WebP or GIF that is whole.") from error
    # A new image holds pixels and nothing else: no EXIF, no colour profile, no comment.
    clean = Image.new(square.mode, square.size)
    clean.paste(square)
    drawn_anew = io.BytesIO()
    clean.save(drawn_anew, "WEBP", quality=85, method=4)
    return drawn_anew.getvalue()


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_CPU_S, _MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        sys.stdout.buffer.write(redraw(content))
    except UnusableImage as error:
        sys.stdout.write(str(error))
        return EXIT_NOT_AN_IMAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
