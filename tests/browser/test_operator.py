"""What an operator does to one document, with the command line, while people write in it."""

import json
from pathlib import Path
from typing import Any

from tests.system.running import Running, writers


def test_a_document_is_looked_into_taken_out_and_compacted_while_people_write(environment: Running, tmp_path: Path):
    def asked(command: str, what: str, document: str) -> dict[str, Any]:
        return json.loads(environment.project.run("doc", command, document, "-o", "json").stdout)[what]

    with writers(environment) as people:
        people.start(every_ms=50)
        found = asked("inspect", "inspection", people.shared)
        assert found["sound"]
        assert found["head"] > 0
        assert {author["user"] for author in found["authors"]} >= {people.owner.id}

        compacted = asked("compact", "compaction", people.shared)
        assert compacted["compacted"]
        assert compacted["base"] >= found["head"]
        exported = tmp_path / "document.json"
        environment.project.run("doc", "export", people.shared, "--format", "json", "--to", str(exported))
        entries = json.loads(exported.read_text())["entries"]
        assert {"ann-1", "ben-1"} <= set(entries)

        assert not asked("repair", "repair", people.shared)["repaired"], "nothing is wrong with it"
        people.settle()
        people.assert_kept(people.loner.kill())
        assert asked("inspect", "inspection", people.shared)["sound"]

    unknown = environment.project.run("doc", "inspect", "00000000-0000-0000-0000-000000000000", expect=None)
    assert unknown.exit_code not in {0, 4}
    assert "00000000-0000-0000-0000-000000000000" in unknown.stderr
    assert "Traceback" not in unknown.stderr
