"""Who is answered what: documents, their roles and links, folders and search."""

import uuid
from collections.abc import Mapping

from tests.integration.document.matrix import MEMBERS, WRITERS, Line, Scene, by_role, everyone, signed_in


def _link(scene: Scene) -> Mapping[str, str]:
    made = scene.owner.document("POST", f"/{scene.document}/links", {"role": "viewer"})
    assert made.status_code == 201, made.text
    return {"link_id": made.json()["id"], "token": made.json()["token"]}


def _trash(scene: Scene) -> Mapping[str, str]:
    assert scene.owner.document("DELETE", f"/{scene.document}").status_code == 204
    return {}


def _viewer(scene: Scene) -> Mapping[str, str]:
    return {"user_id": scene.people["viewer"].id}


def _team(scene: Scene) -> Mapping[str, str]:
    return {"team_id": scene.team}


def _no_folder(_: Scene) -> Mapping[str, str]:
    return {"folder_id": str(uuid.uuid4())}


OWNER = "owner"
_ONLY_OWNER = by_role(204, OWNER)

LINES: dict[str, Line] = {
    "createDocument": Line(signed_in(201), body=lambda _: {"title": "Another"}),
    "listDocuments": Line(signed_in(200)),
    "getDocument": Line(by_role(200, *MEMBERS)),
    "updateDocument": Line(by_role(200, *WRITERS), body=lambda _: {"title": "Renamed"}),
    "deleteDocument": Line(_ONLY_OWNER),
    # What is in the trash is there for nobody but its owner.
    "restoreDocument": Line(by_role(200, OWNER, hidden=True), prepare=_trash),
    "deleteDocumentForever": Line(by_role(204, OWNER, hidden=True), prepare=_trash),
    "createTicket": Line(by_role(200, *MEMBERS)),
    "putFavourite": Line(by_role(204, *MEMBERS)),
    "deleteFavourite": Line(by_role(204, *MEMBERS)),
    "noteOpened": Line(by_role(204, *MEMBERS)),
    "putFolder": Line(by_role(204, *MEMBERS), body=lambda _: {"folder": None}),
    "listFolders": Line(signed_in(200)),
    "createFolder": Line(signed_in(201), body=lambda _: {"name": "Meetings"}),
    # Everybody has only their own: somebody else's is none.
    "updateFolder": Line(
        {who: (404, "no-such-folder") if status == 200 else (status, slug)
         for who, (status, slug) in signed_in(200).items()},
        prepare=_no_folder,
        body=lambda _: {"name": "Mine now"},
    ),
    "deleteFolder": Line(
        {who: (404, "no-such-folder") if status == 200 else (status, slug)
         for who, (status, slug) in signed_in(200).items()},
        prepare=_no_folder,
    ),
    "listMembers": Line(by_role(200, *MEMBERS)),
    "putMember": Line(
        by_role(200, OWNER), body=lambda scene: {"email": scene.people["viewer"].email, "role": "commenter"}
    ),
    # A viewer may leave.
    "deleteMember": Line({**_ONLY_OWNER, "viewer": (204, None)}, prepare=_viewer),
    "deleteTeam": Line(_ONLY_OWNER, prepare=_team),
    "changeOwner": Line(by_role(200, OWNER), body=lambda scene: {"user_id": scene.people["editor"].id}),
    "listLinks": Line(by_role(200, OWNER)),
    "createLink": Line(by_role(201, OWNER), body=lambda _: {"role": "viewer"}),
    "updateLink": Line(by_role(200, OWNER), prepare=_link, body=lambda _: {"role": "editor"}),
    "deleteLink": Line(_ONLY_OWNER, prepare=_link),
    "openLink": Line(everyone(200), prepare=_link, body=lambda scene: {"token": scene.found["token"]}),
    "searchDocuments": Line(signed_in(200), options=lambda _: {"params": {"q": "minutes"}}),
}  # fmt: skip
