import { ReactNodeViewRenderer } from "@tiptap/react";
import { FileView } from "./FileView";
import { PictureView } from "./PictureView";

/** How attachments look in a text. */
export const ATTACHMENT_VIEWS = {
  image: ReactNodeViewRenderer(PictureView),
  file: ReactNodeViewRenderer(FileView),
};
