"""The JSON documents that ``-o json`` prints. A field is never renamed or removed within a version of its schema."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from msgspec import Struct

from collab_platform.checks import CheckResult
from collab_platform.environment.resolve import Origin
from collab_platform.errors import CollabError
from collab_platform.targets.base import ComponentStatus, LogLine, State, Status, Step, StepState

Value = str | int | bool | tuple[str | dict[str, str], ...]


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whatever is printed as JSON; ``schema`` names it and its version."""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What went wrong: ``code`` is the name of the exit code, as in the table of exit codes."""

    code: str
    exit_code: int
    summary: str
    remedy: str
    details: tuple[str, ...]


class ErrorDocument(Document, frozen=True, kw_only=True):
    """Printed by any command that fails."""

    schema: Literal["collab/error/v1"] = "collab/error/v1"
    error: Fault

    @classmethod
    def of(cls, error: CollabError) -> Self:
        code = error.exit_code
        fault = Fault(
            code=code.name.lower().replace("_", "-"),
            exit_code=int(code),
            summary=error.summary,
            remedy=error.remedy,
            details=error.details,
        )
        return cls(error=fault)


class StepResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one step of ``up`` or ``down`` ended."""

    name: str
    title: str
    state: StepState
    elapsed_s: float
    message: str


class UpDocument(Document, frozen=True, kw_only=True):
    """``collab up``; ``changed`` is false where everything stood already."""

    schema: Literal["collab/up/v1"] = "collab/up/v1"
    environment: str
    changed: bool
    elapsed_s: float
    steps: tuple[StepResult, ...]
    checks: tuple[CheckResult, ...]
    urls: dict[str, str]


class PreviewDocument(Document, frozen=True, kw_only=True):
    """``collab preview``; ``steps`` are all steps in order, those with action ``none`` stand already.

    ``violations`` are the policies that `up` would break, and therefore does not begin.
    """

    schema: Literal["collab/preview/v1"] = "collab/preview/v1"
    environment: str
    changes: int
    steps: tuple[Step, ...]
    violations: tuple[str, ...] = ()


class DriftDocument(Document, frozen=True, kw_only=True):
    """``collab drift``; ``steps`` are what others changed or removed since the last `up`."""

    schema: Literal["collab/drift/v1"] = "collab/drift/v1"
    environment: str
    changes: int
    steps: tuple[Step, ...]


class RenderDocument(Document, frozen=True, kw_only=True):
    """``collab render``; names of files. ``written`` is false with ``--check``, which tells what would be done."""

    schema: Literal["collab/render/v1"] = "collab/render/v1"
    environment: str
    directory: str
    written: bool
    objects: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


class DownDocument(Document, frozen=True, kw_only=True):
    """``collab down``; ``leftovers`` is what stays although one might think it gone."""

    schema: Literal["collab/down/v1"] = "collab/down/v1"
    environment: str
    purged: bool
    steps: tuple[StepResult, ...]
    leftovers: tuple[str, ...] = ()


class RefreshDocument(Document, frozen=True, kw_only=True):
    """``collab refresh``; ``steps`` are the changes by others that were taken note of."""

    schema: Literal["collab/refresh/v1"] = "collab/refresh/v1"
    environment: str
    changes: int
    steps: tuple[Step, ...]


class OutputsDocument(Document, frozen=True, kw_only=True):
    """``collab outputs``; no value is secret."""

    schema: Literal["collab/outputs/v1"] = "collab/outputs/v1"
    environment: str
    outputs: dict[str, str]


class UnlockDocument(Document, frozen=True, kw_only=True):
    """``collab unlock``; ``freed`` is empty where nothing was locked."""

    schema: Literal["collab/unlock/v1"] = "collab/unlock/v1"
    environment: str
    freed: tuple[str, ...]


class StatusDocument(Document, frozen=True, kw_only=True):
    """``collab status``; with ``--watch`` one a line, at every change. Memory is in bytes."""

    schema: Literal["collab/status/v1"] = "collab/status/v1"
    environment: str
    target: str
    state: State
    components: tuple[ComponentStatus, ...]
    urls: dict[str, str]

    @classmethod
    def of(cls, status: Status) -> Self:
        return cls(
            environment=status.environment,
            target=status.target,
            state=status.state,
            components=status.components,
            urls=status.urls,
        )


class CheckDocument(Document, frozen=True, kw_only=True):
    """``collab check``; ``passed`` is false where any check failed (a warning fails nothing)."""

    schema: Literal["collab/check/v1"] = "collab/check/v1"
    environment: str
    passed: bool
    checks: tuple[CheckResult, ...]


class LogDocument(Document, frozen=True, kw_only=True):
    """``collab logs``: one a line. ``time`` is null where the line does not say."""

    schema: Literal["collab/log-line/v1"] = "collab/log-line/v1"
    replica: str
    time: datetime | None
    text: str

    @classmethod
    def of(cls, line: LogLine) -> Self:
        return cls(replica=line.replica, time=line.time, text=line.text)


class OpenDocument(Document, frozen=True, kw_only=True):
    """``collab open``, which opens no browser when it prints JSON."""

    schema: Literal["collab/open/v1"] = "collab/open/v1"
    environment: str
    url: str


class EnvironmentFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An environment and its file."""

    name: str
    path: str


class EnvListDocument(Document, frozen=True, kw_only=True):
    """``collab env list``."""

    schema: Literal["collab/env-list/v1"] = "collab/env-list/v1"
    environments: tuple[EnvironmentFile, ...]


class EnvInitDocument(Document, frozen=True, kw_only=True):
    """``collab env init``."""

    schema: Literal["collab/env-init/v1"] = "collab/env-init/v1"
    environment: str
    path: str


class EnvPathDocument(Document, frozen=True, kw_only=True):
    """``collab env path``."""

    schema: Literal["collab/env-path/v1"] = "collab/env-path/v1"
    environment: str
    path: str


class Setting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting: its value, where that came from, and what it may be."""

    key: str
    value: Value
    origin: Origin
    default: Value
    variable: str
    expected: str
    description: str


class EnvExplainDocument(Document, frozen=True, kw_only=True):
    """``collab env explain``."""

    schema: Literal["collab/env-explain/v1"] = "collab/env-explain/v1"
    environment: str
    settings: tuple[Setting, ...]


class CreatedUser(Struct, frozen=True, kw_only=True):
    """A new account; ``profile_delivered`` is false while the user service is away, which gets to know it later."""

    id: str
    email: str
    profile_delivered: bool = True
    is_admin: bool = False


class UserCreateDocument(Document, frozen=True, kw_only=True):
    """``collab user create``."""

    schema: Literal["collab/user-create/v1"] = "collab/user-create/v1"
    environment: str
    user: CreatedUser


class Account(Struct, frozen=True, kw_only=True):
    """Somebody who may sign in, unless ``disabled``; ``verified`` is whether the e-mail has proved to be theirs."""

    id: str
    email: str
    is_admin: bool
    disabled: bool
    verified: bool


class UserGrantAdminDocument(Document, frozen=True, kw_only=True):
    """``collab user grant-admin``."""

    schema: Literal["collab/user-grant-admin/v1"] = "collab/user-grant-admin/v1"
    environment: str
    user: Account


class ResetFactors(Struct, frozen=True, kw_only=True):
    """What was taken away from somebody: one-time codes, and how many passkeys."""

    id: str
    email: str
    totp: bool
    passkeys: int


class UserResetFactorsDocument(Document, frozen=True, kw_only=True):
    """``collab user reset-second-factors``."""

    schema: Literal["collab/user-reset-second-factors/v1"] = "collab/user-reset-second-factors/v1"
    environment: str
    user: ResetFactors


class RotatedKey(Struct, frozen=True, kw_only=True):
    """A new signing key, which signs in so many seconds; ``revoked_others`` when no other is believed any more."""

    kid: str
    signs_in_s: int
    revoked_others: bool


class AuthRotateKeysDocument(Document, frozen=True, kw_only=True):
    """``collab auth rotate-keys``."""

    schema: Literal["collab/auth-rotate-keys/v1"] = "collab/auth-rotate-keys/v1"
    environment: str
    key: RotatedKey


class SentMail(Struct, frozen=True, kw_only=True):
    """A mail handed over ``by`` SMTP, or put into the mail folder."""

    to: str
    by: Literal["smtp", "folder"]


class MailTestDocument(Document, frozen=True, kw_only=True):
    """``collab mail test``."""

    schema: Literal["collab/mail-test/v1"] = "collab/mail-test/v1"
    environment: str
    mail: SentMail


class Mail(Struct, frozen=True, kw_only=True):
    """A mail that lies on this machine."""

    name: str
    sent: datetime | None
    to: str
    subject: str


class MailListDocument(Document, frozen=True, kw_only=True):
    """``collab mail list``, newest first."""

    schema: Literal["collab/mail-list/v1"] = "collab/mail-list/v1"
    environment: str
    mails: tuple[Mail, ...]


class MailText(Struct, frozen=True, kw_only=True):
    """A mail that lies on this machine, with what it says."""

    name: str
    sent: datetime | None
    to: str
    subject: str
    text: str


class MailShowDocument(Document, frozen=True, kw_only=True):
    """``collab mail show``."""

    schema: Literal["collab/mail-show/v1"] = "collab/mail-show/v1"
    environment: str
    mail: MailText


class OperationRange(Struct, frozen=True, kw_only=True):
    """Operations ``first`` to ``last``, both included."""

    first: int
    last: int


class DocFault(Struct, frozen=True, kw_only=True):
    """Something wrong with a document.

    ``loses``: something that was saved is not in the document as it is. ``repairable`` is false where a repair can do
    nothing about it.
    """

    kind: Literal["snapshot", "version", "gap", "operation"]
    detail: str
    loses: bool
    repairable: bool


class DocLog(Struct, frozen=True, kw_only=True):
    """Operations that the log holds."""

    operations: int
    size_bytes: int
    first: int | None
    last: int | None


class DocSnapshot(Struct, frozen=True, kw_only=True):
    """A snapshot; ``sequence`` is the last operation in it. ``fault`` is null where its object is what was written."""

    sequence: int
    key: str
    size_bytes: int
    created_at: datetime
    fault: str | None


class DocVersion(Struct, frozen=True, kw_only=True):
    """A named version; ``fault`` is null where its object is what was written."""

    id: str
    name: str
    sequence: int
    created_at: datetime
    size_bytes: int
    fault: str | None


class DocAuthor(Struct, frozen=True, kw_only=True):
    """What one person wrote, by the id of their account."""

    user: str
    operations: int
    size_bytes: int
    first_at: datetime
    last_at: datetime


class DocEdit(Struct, frozen=True, kw_only=True):
    """The last edit that the log still holds."""

    user: str
    at: datetime


class DocQuarantine(Struct, frozen=True, kw_only=True):
    """What a repair left out; `collab doc export --quarantine ID` prints it."""

    id: str
    created_at: datetime
    operations: int
    objects: int
    size_bytes: int


class DocInspection(Struct, frozen=True, kw_only=True):
    """All that is stored of a document.

    ``head`` is the number of its last operation, ``base`` that of the last one in its snapshot, ``epoch`` tells its
    lives apart; ``missing`` are operations that nothing holds; ``state_bytes`` is null where no state can be made;
    ``clients`` counts the Yjs clients whose authors are known.
    """

    document: str
    sound: bool
    faults: tuple[DocFault, ...]
    missing: tuple[OperationRange, ...]
    head: int
    base: int
    epoch: int
    created_at: datetime
    deleted_at: datetime | None
    last_edit: DocEdit | None
    state_bytes: int | None
    clients: int
    log: DocLog
    snapshots: tuple[DocSnapshot, ...]
    versions: tuple[DocVersion, ...]
    authors: tuple[DocAuthor, ...]
    quarantines: tuple[DocQuarantine, ...]


class DocInspectDocument(Document, frozen=True, kw_only=True):
    """``collab doc inspect``."""

    schema: Literal["collab/doc-inspect/v1"] = "collab/doc-inspect/v1"
    environment: str
    inspection: DocInspection


class DocExport(Struct, frozen=True, kw_only=True):
    """What was exported; ``sequence`` is the last operation in it, null for a quarantine. ``sha256`` is hexadecimal."""

    format: str
    size_bytes: int
    sha256: str
    sequence: int | None


class DocExportDocument(Document, frozen=True, kw_only=True):
    """``collab doc export --to FILE``."""

    schema: Literal["collab/doc-export/v1"] = "collab/doc-export/v1"
    environment: str
    document: str
    path: str
    export: DocExport


class DocCompaction(Struct, frozen=True, kw_only=True):
    """Before and after; ``compacted`` is false where there was nothing to do."""

    document: str
    compacted: bool
    base_before: int
    base: int
    log_before: DocLog
    log: DocLog


class DocCompactDocument(Document, frozen=True, kw_only=True):
    """``collab doc compact``."""

    schema: Literal["collab/doc-compact/v1"] = "collab/doc-compact/v1"
    environment: str
    compaction: DocCompaction


class DocRepair(Struct, frozen=True, kw_only=True):
    """What a repair would do, or has done.

    ``loses``: operations ``missing`` and ``left_out`` are not in the repaired document, which begins a new life, of
    number ``epoch`` (null where it goes on in the one it was in). ``quarantine`` keeps what was left out;
    ``faults_left`` are those after it.
    """

    document: str
    repaired: bool
    faults: tuple[DocFault, ...]
    missing: tuple[OperationRange, ...]
    left_out: tuple[int, ...]
    loses: bool
    epoch: int | None
    quarantine: str | None
    faults_left: tuple[DocFault, ...]


class DocRepairDocument(Document, frozen=True, kw_only=True):
    """``collab doc repair``."""

    schema: Literal["collab/doc-repair/v1"] = "collab/doc-repair/v1"
    environment: str
    repair: DocRepair


class VersionDocument(Document, frozen=True, kw_only=True):
    """``collab version``; a component that is not installed has null."""

    schema: Literal["collab/version/v1"] = "collab/version/v1"
    collab: str
    python: str
    components: dict[str, str | None]


class CompletionDocument(Document, frozen=True, kw_only=True):
    """``collab completion``."""

    schema: Literal["collab/completion/v1"] = "collab/completion/v1"
    shell: str
    script: str
