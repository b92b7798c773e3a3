import type { AnyExtension, NodeViewRenderer } from "@tiptap/core";
import Collaboration from "@tiptap/extension-collaboration";
import { Highlight } from "@tiptap/extension-highlight";
import { Link } from "@tiptap/extension-link";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableKit } from "@tiptap/extension-table";
import { Placeholder } from "@tiptap/extensions";
import StarterKit from "@tiptap/starter-kit";
import type { Awareness } from "y-protocols/awareness";
import type * as Y from "yjs";
import type { Person } from "../model/peers";
import { carets } from "./carets";
import { CommentMarks } from "./commentMarks";
import { AttachedFile, Picture } from "./embeds";
import { FileDrop } from "./fileDrop";
import { PasteLimit } from "./pasteLimit";
import { SlashMenu } from "./slashMenu";
import { TaskInput } from "./taskInput";

/** Name of the Yjs fragment that holds the text; stored documents depend on it. */
const FIELD = "default";

interface Options {
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly user: Person;
  readonly onPasteRefused: () => void;
  /** How attachments look; without, they are not fetched. */
  readonly views?: { readonly image: NodeViewRenderer; readonly file: NodeViewRenderer } | undefined;
}

/** Everything a document can contain. To take something out of this list would take it out of stored documents. */
export function makeExtensions({ doc, awareness, user, onPasteRefused, views }: Options): AnyExtension[] {
  return [
    StarterKit.configure({
      // Yjs undoes one's own changes only.
      undoRedo: false,
      // It would add its paragraph to the shared document, for everyone who merely opens it.
      trailingNode: false,
      heading: { levels: [1, 2, 3] },
      link: false,
    }),
    // What is typed after a link is not part of it.
    Link.extend({ inclusive: false }).configure({
      openOnClick: false,
      defaultProtocol: "https",
      HTMLAttributes: { target: "_blank", rel: "noopener noreferrer nofollow" },
    }),
    Highlight,
    TaskList,
    TaskItem.configure({ nested: true, a11y: { checkboxLabel: (node) => node.textContent || "Empty task" } }),
    TaskInput,
    TableKit.configure({ table: { resizable: false } }),
    views ? Picture.extend({ addNodeView: () => views.image }) : Picture,
    views ? AttachedFile.extend({ addNodeView: () => views.file }) : AttachedFile,
    Placeholder.configure({
      showOnlyWhenEditable: true,
      placeholder: ({ node }) =>
        node.type.name === "heading" ? `Heading ${node.attrs.level}` : "Start writing, or press “/” for more",
    }),
    Collaboration.configure({ document: doc, field: FIELD }),
    ...carets(awareness, user),
    CommentMarks,
    SlashMenu,
    FileDrop,
    PasteLimit.configure({ onRefused: onPasteRefused }),
  ];
}
