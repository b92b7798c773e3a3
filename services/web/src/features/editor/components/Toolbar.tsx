import type { Editor } from "@tiptap/core";
import { useEditorState } from "@tiptap/react";
import { ChevronDown, Keyboard, Minus, Paperclip, Redo2, Table, Undo2 } from "lucide-react";
import { Toolbar as Primitive } from "radix-ui";
import type { ReactNode } from "react";
import { Menu, MenuChoice } from "@/shared/ui/Menu";
import { Tooltip } from "@/shared/ui/Tooltip";
import { isApple, showKeys } from "../model/keys";
import { LinkButton } from "./LinkButton";
import {
  BLOCK_TOGGLES,
  MARKS,
  setTextStyle,
  TEXT_STYLES,
  type ToolbarItem,
  textStyleOf,
} from "./toolbarItems";

const apple = isApple(navigator.platform);

interface ToolbarProps {
  readonly editor: Editor;
  readonly onShowHelp: () => void;
}

/** One stop of the Tab key; arrow keys move inside. */
export function Toolbar({ editor, onShowHelp }: ToolbarProps) {
  const state = useEditorState({
    editor,
    selector: ({ editor: current }) => ({
      active: [...MARKS, ...BLOCK_TOGGLES]
        .filter(({ type }) => current.isActive(type))
        .map(({ type }) => type),
      style: textStyleOf(current),
      canUndo: current.can().undo(),
      canRedo: current.can().redo(),
    }),
  });
  const toggles = (items: readonly ToolbarItem[]) =>
    items.map((item) => (
      <ToolButton
        key={item.type}
        label={item.name}
        keys={item.keys}
        pressed={state.active.includes(item.type)}
        testId={`tool-${item.type}`}
        onClick={() => item.toggle(editor)}
      >
        <item.icon size={17} aria-hidden="true" />
      </ToolButton>
    ));

  return (
    <Primitive.Root className="toolbar" aria-label="Formatting" data-testid="toolbar">
      <ToolButton
        label="Undo"
        keys="Mod+Z"
        disabled={!state.canUndo}
        testId="tool-undo"
        onClick={() => editor.chain().focus().undo().run()}
      >
        <Undo2 size={17} aria-hidden="true" />
      </ToolButton>
      <ToolButton
        label="Redo"
        keys="Mod+Shift+Z"
        disabled={!state.canRedo}
        testId="tool-redo"
        onClick={() => editor.chain().focus().redo().run()}
      >
        <Redo2 size={17} aria-hidden="true" />
      </ToolButton>
      <Primitive.Separator className="toolbar__separator" />
      <TextStyleMenu editor={editor} style={state.style} />
      <Primitive.Separator className="toolbar__separator" />
      {toggles(MARKS)}
      <LinkButton editor={editor} />
      <Primitive.Separator className="toolbar__separator" />
      {toggles(BLOCK_TOGGLES)}
      <ToolButton
        label="Table"
        testId="tool-table"
        onClick={() => editor.chain().focus().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run()}
      >
        <Table size={17} aria-hidden="true" />
      </ToolButton>
      <ToolButton
        label="Picture or file"
        testId="tool-attach"
        onClick={() => editor.storage.fileDrop.pick?.()}
      >
        <Paperclip size={17} aria-hidden="true" />
      </ToolButton>
      <ToolButton
        label="Divider"
        testId="tool-horizontalRule"
        onClick={() => editor.chain().focus().setHorizontalRule().run()}
      >
        <Minus size={17} aria-hidden="true" />
      </ToolButton>
      <span className="toolbar__end">
        <ToolButton label="Keyboard shortcuts" keys="Mod+/" testId="tool-help" onClick={onShowHelp}>
          <Keyboard size={17} aria-hidden="true" />
        </ToolButton>
      </span>
    </Primitive.Root>
  );
}

function TextStyleMenu({
  editor,
  style,
}: {
  readonly editor: Editor;
  readonly style: "0" | "1" | "2" | "3";
}) {
  const current = TEXT_STYLES.find(({ value }) => value === style)?.label ?? "";
  return (
    <Menu
      label="Text style"
      align="start"
      // Choosing a style returns to the text, not to the button.
      onCloseAutoFocus={(event) => {
        event.preventDefault();
        editor.commands.focus();
      }}
      trigger={
        <Primitive.Button
          className="toolbar__style"
          aria-label={`Text style: ${current}`}
          data-testid="tool-style"
        >
          {current}
          <ChevronDown size={15} aria-hidden="true" />
        </Primitive.Button>
      }
    >
      <MenuChoice
        label="Text style"
        value={style}
        options={TEXT_STYLES}
        onChange={(next) => setTextStyle(editor, next)}
      />
    </Menu>
  );
}

interface ToolButtonProps {
  readonly label: string;
  readonly keys?: string;
  /** Undefined for what does something rather than being on or off. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly testId: string;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function ToolButton({ label, keys, pressed, disabled = false, testId, onClick, children }: ToolButtonProps) {
  return (
    <Tooltip label={label} {...(keys === undefined ? {} : { keys: showKeys(keys, apple) })}>
      <Primitive.Button
        className="icon-button toolbar__button"
        aria-label={label}
        aria-pressed={pressed}
        disabled={disabled}
        data-testid={testId}
        // Pressing the mouse would take the selection away from the text before the click comes.
        onMouseDown={(event) => event.preventDefault()}
        onClick={onClick}
      >
        {children}
      </Primitive.Button>
    </Tooltip>
  );
}
