import { mergeAttributes, Node } from "@tiptap/core";

/** Widths of a picture, in hundredths of the text's; never more than the picture itself has. */
export const SCALES = [33, 66, 100] as const;

function word(name: string, attribute = `data-${name}`) {
  return {
    default: null as string | null,
    parseHTML: (element: HTMLElement) => element.getAttribute(attribute),
    renderHTML: (attributes: Record<string, unknown>) =>
      typeof attributes[name] === "string" ? { [attribute]: attributes[name] } : {},
  };
}

function number(name: string, least: number, most: number, initial: number | null) {
  return {
    default: initial,
    parseHTML: (element: HTMLElement) => {
      const found = Number(element.getAttribute(`data-${name}`) ?? Number.NaN);
      return Number.isInteger(found) && found >= least && found <= most ? found : initial;
    },
    renderHTML: (attributes: Record<string, unknown>) =>
      typeof attributes[name] === "number" ? { [`data-${name}`]: attributes[name] } : {},
  };
}

/**
 * A picture that is one of the document's attachments: the text has its id, and where it is shown its address is asked
 * for. `width` and `height` are the picture's own, in pixels.
 */
export const Picture = Node.create({
  name: "image",
  group: "block",
  atom: true,
  draggable: true,

  addAttributes() {
    return {
      attachment: word("attachment"),
      alt: word("alt", "alt"),
      width: number("width", 1, 100_000, null),
      height: number("height", 1, 100_000, null),
      scale: number("scale", 10, 100, 100),
    };
  },

  // Pictures from elsewhere are not taken: they would not load here, or tell elsewhere who reads.
  parseHTML: () => [{ tag: "img[data-attachment]" }],

  renderHTML: ({ HTMLAttributes }) => ["img", HTMLAttributes],

  renderText: ({ node }) => String(node.attrs.alt ?? ""),
});

/** Any other attachment. Name, size and type are repeated for who cannot ask for them just now. */
export const AttachedFile = Node.create({
  name: "file",
  group: "block",
  atom: true,
  draggable: true,

  addAttributes() {
    return {
      attachment: word("attachment"),
      name: word("name"),
      size: number("size", 1, Number.MAX_SAFE_INTEGER, null),
      type: word("type"),
    };
  },

  parseHTML: () => [{ tag: "div[data-attachment]" }],

  renderHTML: ({ node, HTMLAttributes }) => [
    "div",
    mergeAttributes(HTMLAttributes, { class: "file-chip" }),
    String(node.attrs.name ?? "File"),
  ],

  renderText: ({ node }) => String(node.attrs.name ?? ""),
});
