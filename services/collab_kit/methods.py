"""HTTP methods as values of a label."""

__all__ = ["method_label"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_label(method: str) -> str:
    """`method`, or `other`: it is the client's to choose, and each value of a label is kept for ever."""
    return method if method in _METHODS else "other"
