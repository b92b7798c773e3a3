"""Who is answered what: import, export and templates. This stage has no collaboration service, which has the texts."""

from collections.abc import Mapping
from uuid import uuid4

from tests.integration.document.matrix import MEMBERS, Expected, Line, Scene, by_role, signed_in


def _template(scene: Scene) -> Mapping[str, str]:
    """The owner's."""
    template = str(uuid4())
    values = f"'{template}', '{scene.owner.id}', 'Mine', '{{}}'"
    scene.stage.database.psql(f"insert into document.template (id, person, name, content) values ({values})")  # noqa: S608  # ours
    return {"template_id": template}


def _own(ok: int) -> Expected:
    """The owner's template is nobody else's."""
    others: Expected = {
        caller: (404, "no-such-template") if status == ok else (status, refused)
        for caller, (status, refused) in signed_in(ok).items()
    }
    return {**others, "owner": (ok, None)}


# Who may gets as far as the service that there is not.
LINES: dict[str, Line] = {
    "importDocument": Line(
        signed_in(503), options=lambda _: {"content": b"# One", "headers": {"Content-Type": "text/markdown"}}
    ),
    "exportDocument": Line(by_role(503, *MEMBERS), options=lambda _: {"params": {"format": "md"}}),
    "listTemplates": Line(signed_in(200)),
    "createTemplate": Line(by_role(503, *MEMBERS), body=lambda scene: {"name": "Mine", "document": scene.document}),
    "deleteTemplate": Line(_own(204), prepare=_template),
    "createDocumentFromTemplate": Line(_own(503), prepare=_template, body=lambda _: {}),
}
