"""What reading and writing files refuses, and by which name.

Problem 415   UnsupportedFormat
Problem 422   UnreadableFile, TooComplex
Unavailable   ConverterBusy
"""

from collab_kit.errors import Problem, Unavailable

__all__ = ["BodyTooLarge", "ConverterBusy", "TooComplex", "UnreadableFile", "UnsupportedFormat"]


class UnsupportedFormat(Problem):
    status = 415
    slug = "unsupported-format"
    title = "Files of this kind cannot be read"


class UnreadableFile(Problem):
    status = 422
    slug = "unreadable-file"
    title = "The file is damaged, or not what its type says"


class TooComplex(Problem):
    """Converting it takes more time or memory than one document may have."""

    status = 422
    slug = "too-complex"
    title = "The document is too large or too complex to be converted"


class BodyTooLarge(Problem):
    """What Litestar answers for a larger body, for the description."""

    status = 413
    slug = "body-too-large"
    title = "The file is larger than this interface takes"


class ConverterBusy(Unavailable):
    slug = "busy"
    title = "Too many documents are being converted at the moment"
