"""An image's bill of materials as CycloneDX 1.5 JSON (https://cyclonedx.org/docs/1.5/json/), deterministic.

Run inside the build, by the distribution's Python: standard library only. It merges what `dpkg` says is installed, what
`uv export` says of the locked wheels, what `package-lock.json` says of the editor's packages, and sources built there.

    python3 sbom.py --name service --debian /var/lib/dpkg/status --cyclonedx uv.json > sbom.cdx.json
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

SPECIFICATION = "1.5"
PATH = "/usr/share/collab/sbom.cdx.json"
"""Where an image has its own."""
_ALGORITHMS = {"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}

Component = dict[str, Any]


def debian_components(status: str, release: str = "") -> list[Component]:
    """The packages that a `/var/lib/dpkg/status` says are installed. ``release``: ``debian-13``, for their URLs."""
    found: list[Component] = []
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture|Status|Source): (.*)$", paragraph, re.MULTILINE))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
        distribution = f"&distro={release}" if release else ""
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}{distribution}"
        found.append(_component(name, version, purl))
    return found


def npm_components(lock: Mapping[str, Any]) -> list[Component]:
    """The packages of a `package-lock.json` that end up in what is built: not those for development alone."""
    found: dict[str, Component] = {}
    for path, entry in lock["packages"].items():
        if not path or entry.get("dev") or entry.get("devOptional") or entry.get("link"):
            continue
        name = entry.get("name") or path.rpartition("node_modules/")[2]
        purl = f"pkg:npm/{quote(name)}@{quote(entry['version'])}"
        component = _component(name, entry["version"], purl)
        if hashes := _integrity(entry.get("integrity", "")):
            component["hashes"] = hashes
        found[purl] = component
    return list(found.values())


def locked_components(document: Mapping[str, Any], only: Sequence[str] = ()) -> list[Component]:
    """The components of a CycloneDX document, as `uv export` writes it; of the named ones ``only``, if there are any.

    Without the files that each could be fetched as for any kind of machine, which are most of the document: uv.lock has
    them. Raises ``ValueError`` for a name that it does not have.
    """
    found: list[Component] = [
        {key: value for key, value in component.items() if key != "externalReferences"}
        for component in document.get("components", [])
        if not only or component["name"] in only
    ]
    if missing := set(only) - {str(component["name"]) for component in found}:
        raise ValueError(f"not among the locked packages: {', '.join(sorted(missing))}")
    return found


def bill_of_materials(name: str, components: Iterable[Component]) -> dict[str, Any]:
    """The document. Its serial number is a hash of what it says, so that the same image has the same one."""
    unique = {str(component["bom-ref"]): component for component in components}
    ordered = [unique[reference] for reference in sorted(unique)]
    content = json.dumps([name, ordered], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": f"collab-{name}", "name": f"collab-{name}"}},
        "components": ordered,
    }


def _component(name: str, version: str, purl: str) -> Component:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _integrity(value: str) -> list[dict[str, str]]:
    """Hashes from https://www.w3.org/TR/SRI/."""
    hashes: list[dict[str, str]] = []
    for part in value.split():
        algorithm, _, encoded = part.partition("-")
        try:
            digest = base64.b64decode(encoded, validate=True).hex()
        except binascii.Error:
            continue
        if algorithm in _ALGORITHMS:
            hashes.append({"alg": _ALGORITHMS[algorithm], "content": digest})
    return hashes


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the document to standard output."""
    parser = argparse.ArgumentParser(description="Write an image's bill of materials.")
    parser.add_argument("--name", required=True, help="the image's")
    parser.add_argument("--debian", type=Path, help="dpkg's status file of the image")
    parser.add_argument("--release", default="", help="for example debian-13")
    parser.add_argument("--cyclonedx", type=Path, help="what `uv export --format cyclonedx1.5` wrote")
    parser.add_argument("--only", action="append", default=[], help="of those, only this one; repeatable")
    parser.add_argument("--npm", type=Path, help="a package-lock.json")
    given = parser.parse_args(arguments)
    components: list[Component] = []
    if given.debian:
        components += debian_components(given.debian.read_text(encoding="utf-8"), given.release)
    if given.cyclonedx:
        components += locked_components(json.loads(given.cyclonedx.read_text(encoding="utf-8")), given.only)
    if given.npm:
        components += npm_components(json.loads(given.npm.read_text(encoding="utf-8")))
    json.dump(bill_of_materials(given.name, components), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
