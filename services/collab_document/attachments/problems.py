"""What the attachments' interface refuses, and by which name; beside what the document itself does.

NotFound   NoSuchAttachment
Conflict   AttachmentsOff, QuotaReached, UploadMissing, UploadDiffers
"""

from collab_kit.errors import Conflict, NotFound

__all__ = ["AttachmentsOff", "NoSuchAttachment", "QuotaReached", "UploadDiffers", "UploadMissing"]


class NoSuchAttachment(NotFound):
    slug = "no-such-attachment"
    title = "The document has no such attachment"


class AttachmentsOff(Conflict):
    slug = "attachments-off"
    title = "This installation has no object storage for attachments"


class QuotaReached(Conflict):
    slug = "attachment-quota-reached"
    title = "There is no room for this attachment"


class UploadMissing(Conflict):
    slug = "upload-missing"
    title = "Nothing has been uploaded yet"


class UploadDiffers(Conflict):
    """The attachment is gone with it: begin again."""

    slug = "upload-differs"
    title = "What was uploaded is not what was announced"
