import type { Editor } from "@tiptap/core";
import { useEditorState } from "@tiptap/react";
import { BubbleMenu } from "@tiptap/react/menus";
import { Copy, ExternalLink, Unlink } from "lucide-react";
import { copyText } from "@/shared/lib/clipboard";
import { IconButton } from "@/shared/ui/IconButton";
import { toast } from "@/shared/ui/toastStore";
import { normaliseHref } from "../model/href";

/** Where the link at the caret leads, and what to do with it. */
export function LinkBubble({ editor }: { readonly editor: Editor }) {
  const href = useEditorState({
    editor,
    selector: ({ editor: current }) => String(current.getAttributes("link").href ?? ""),
  });
  const safe = normaliseHref(href);
  return (
    <BubbleMenu
      editor={editor}
      pluginKey="linkBubble"
      className="menu bubble"
      options={{ placement: "bottom-start", offset: 6, flip: true, shift: { padding: 8 } }}
      shouldShow={({ editor: current, state }) => state.selection.empty && current.isActive("link")}
    >
      <a className="bubble__link" href={safe ?? undefined} target="_blank" rel="noopener noreferrer nofollow">
        <ExternalLink size={15} aria-hidden="true" />
        <span>{href.replace(/^https?:\/\/(www\.)?/, "")}</span>
      </a>
      <IconButton
        plain
        label="Copy the address"
        onClick={() => void copyText(href).then((copied) => copied && toast.info("Address copied."))}
      >
        <Copy size={16} aria-hidden="true" />
      </IconButton>
      <IconButton
        plain
        label="Remove the link"
        onClick={() => editor.chain().focus().extendMarkRange("link").unsetLink().run()}
      >
        <Unlink size={16} aria-hidden="true" />
      </IconButton>
    </BubbleMenu>
  );
}
