"""Why a file is not converted, as the worker says it: without the service's kit, which takes long to load."""

__all__ = ["Refusal", "TooDemanding", "Unreadable"]


class Refusal(Exception):  # noqa: N818  # named for what it is
    """Its words are for the person who sent the file."""


class Unreadable(Refusal):
    """The file is damaged, or not what its type says."""


class TooDemanding(Refusal):
    """It would take more time or memory than one document may have."""
