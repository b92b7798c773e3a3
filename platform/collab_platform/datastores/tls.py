"""What a datastore shows to those who connect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServerTls:
    """Files of the server's certificate (with its chain, if any) and its private key, PEM."""

    certificate: Path
    key: Path
