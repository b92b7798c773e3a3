import { type NodeViewProps, NodeViewWrapper } from "@tiptap/react";
import { Download, FileText, Trash2 } from "lucide-react";
import { useState } from "react";
import { useDocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import { ApiError } from "@/shared/api/errors";
import { IconButton } from "@/shared/ui/IconButton";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import { attachmentUrl } from "../api/attachments";
import { useAttachedTo } from "../hooks/useAttachedTo";
import { sizeText } from "../model/kinds";

interface FileAttributes {
  readonly attachment: string | null;
  readonly name: string | null;
  readonly size: number | null;
}

/** An attached file in the text: its name and size, and the way to it. */
export function FileView({ node, selected, editor, deleteNode }: NodeViewProps) {
  const { attachment, name, size } = node.attrs as FileAttributes;
  const documentId = useAttachedTo();
  const access = useDocumentAccess();
  const [busy, setBusy] = useState(false);
  const shown = name ?? "File";

  const download = async () => {
    if (attachment === null || busy) return;
    setBusy(true);
    try {
      const { url } = await attachmentUrl(access, documentId, attachment);
      // The server has it downloaded, not opened.
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.rel = "noopener";
      anchor.click();
    } catch (error) {
      if (error instanceof ApiError && error.problem.slug === "no-such-attachment") {
        toast.error(`“${shown}” is not among this document’s files any more.`);
      } else reportFailure(error, `download “${shown}”`);
    } finally {
      setBusy(false);
    }
  };

  return (
    <NodeViewWrapper className="file-chip" data-testid="file-chip" data-selected={selected || undefined}>
      <FileText size={18} aria-hidden="true" data-drag-handle="" />
      <span className="file-chip__name">{shown}</span>
      {size !== null && <span className="field__hint">{sizeText(size)}</span>}
      <IconButton
        plain
        label={`Download ${shown}`}
        disabled={attachment === null || busy}
        data-testid="file-download"
        onClick={() => void download()}
      >
        <Download size={16} aria-hidden="true" />
      </IconButton>
      {selected && editor.isEditable && (
        <IconButton plain label={`Remove ${shown}`} onClick={deleteNode} data-testid="file-remove">
          <Trash2 size={16} aria-hidden="true" />
        </IconButton>
      )}
    </NodeViewWrapper>
  );
}
