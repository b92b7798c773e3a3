"""The bill of materials: what goes in, and that others can read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from collab_platform.images import sbom

STATUS = """\
Package: libssl3t64
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: openssl
Version: 3.5.1-1+deb13u1
Description: shared libraries
 Status: not a field

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: libstdc++6
Status: install ok installed
Architecture: amd64
Version: 1:14.2.0-19
"""
LOCK: dict[str, Any] = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "web", "version": "1"},
        "node_modules/yjs": {"version": "13.6.33", "integrity": "sha512-" + "A" * 86 + "=="},
        "node_modules/@tiptap/core": {"version": "3.1.0"},
        "node_modules/@tiptap/core/node_modules/yjs": {"version": "13.0.0"},
        "node_modules/vite": {"version": "8.0.0", "dev": True},
    },
}
LOCKED: dict[str, Any] = {
    "components": [
        {
            "type": "library",
            "bom-ref": "litestar-1@2.25",
            "name": "litestar",
            "version": "2.25",
            "purl": "pkg:pypi/litestar@2.25",
        },
        {"type": "library", "bom-ref": "weed-2@4.48", "name": "weed", "version": "4.48", "purl": "pkg:pypi/weed@4.48"},
    ]
}


def valid(document: dict[str, Any]) -> dict[str, Any]:
    """The document, which the schema of the standard holds for right."""
    fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(document))
    assert fault is None, fault
    return document


def test_debian_packages_are_those_installed() -> None:
    found = sbom.debian_components(STATUS, "debian-13")
    assert [component["purl"] for component in found] == [
        "pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?arch=amd64&distro=debian-13",
        "pkg:deb/debian/libstdc%2B%2B6@1%3A14.2.0-19?arch=amd64&distro=debian-13",
    ]


def test_npm_packages_are_those_that_visitors_get() -> None:
    found = {component["purl"]: component for component in sbom.npm_components(LOCK)}
    assert set(found) == {"pkg:npm/yjs@13.6.33", "pkg:npm/%40tiptap/core@3.1.0", "pkg:npm/yjs@13.0.0"}
    assert found["pkg:npm/yjs@13.6.33"]["hashes"] == [{"alg": "SHA-512", "content": "00" * 64}]
    assert "hashes" not in found["pkg:npm/yjs@13.0.0"]


def test_locked_packages_can_be_chosen_by_name() -> None:
    assert [each["name"] for each in sbom.locked_components(LOCKED)] == ["litestar", "weed"]
    assert [each["name"] for each in sbom.locked_components(LOCKED, ["weed"])] == ["weed"]
    with pytest.raises(ValueError, match="wede"):
        sbom.locked_components(LOCKED, ["wede"])


def test_the_document_is_valid_and_the_same_each_time() -> None:
    components = sbom.debian_components(STATUS) + sbom.npm_components(LOCK) + sbom.locked_components(LOCKED)
    first = valid(sbom.bill_of_materials("web", components))
    assert first == sbom.bill_of_materials("web", [*reversed(components), *components])
    assert first["serialNumber"] != sbom.bill_of_materials("web", components[1:])["serialNumber"]


def test_the_program_merges_what_it_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "status").write_text(STATUS)
    (tmp_path / "uv.json").write_text(json.dumps(LOCKED))
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    arguments = ["--name", "web", "--debian", str(tmp_path / "status"), "--cyclonedx", str(tmp_path / "uv.json")]
    assert sbom.main([*arguments, "--only", "weed", "--npm", str(tmp_path / "package-lock.json")]) == 0
    document = valid(json.loads(capsys.readouterr().out))
    assert {"libssl3t64", "weed", "yjs"} <= {component["name"] for component in document["components"]}
    assert "litestar" not in {component["name"] for component in document["components"]}
