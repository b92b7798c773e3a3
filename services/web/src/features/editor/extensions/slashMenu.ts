import { Extension } from "@tiptap/core";
import { PluginKey } from "@tiptap/pm/state";
import { ReactRenderer } from "@tiptap/react";
import { Suggestion, type SuggestionProps } from "@tiptap/suggestion";
import { SlashList, type SlashListHandle } from "../components/SlashList";
import { type Block, findBlocks } from "./blocks";

type Props = SuggestionProps<Block, Block>;

/** Opens, follows and closes the list of blocks as the text after a slash is typed. */
function slashListView() {
  let renderer: ReactRenderer<SlashListHandle, Props> | null = null;
  let unmount: (() => void) | null = null;
  return {
    onStart: (props: Props) => {
      renderer = new ReactRenderer(SlashList, { props, editor: props.editor, className: "slash-menu" });
      unmount = props.mount(renderer.element as HTMLElement);
    },
    onUpdate: (props: Props) => renderer?.updateProps(props),
    onKeyDown: ({ event }: { event: KeyboardEvent }) => renderer?.ref?.onKeyDown(event) ?? false,
    onExit: () => {
      unmount?.();
      renderer?.destroy();
      renderer = null;
    },
  };
}

/** Typing "/" at the start of a word offers blocks to insert. */
export const SlashMenu = Extension.create({
  name: "slashMenu",

  addProseMirrorPlugins() {
    return [
      Suggestion<Block, Block>({
        pluginKey: new PluginKey("slashMenu"),
        editor: this.editor,
        char: "/",
        allow: ({ state, range }) => !state.doc.resolve(range.from).parent.type.spec.code,
        items: ({ query }) => findBlocks(query),
        command: ({ editor, range, props: block }) => {
          editor.chain().focus().deleteRange(range).run();
          block.insert(editor);
        },
        render: slashListView,
      }),
    ];
  },
});
