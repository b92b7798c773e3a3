import type { Editor } from "@tiptap/core";
import { useEditorState } from "@tiptap/react";
import { Link2 } from "lucide-react";
import { Popover, Toolbar as Primitive } from "radix-ui";
import { type FormEvent, useEffect, useState } from "react";
import { Button } from "@/shared/ui/Button";
import { normaliseHref } from "../model/href";

/** Sets the link of the selection, or of the link the caret is in; without either, inserts the address itself. */
function applyLink(editor: Editor, href: string): void {
  const chain = editor.chain().focus();
  if (editor.state.selection.empty && !editor.isActive("link")) {
    chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
  } else chain.extendMarkRange("link").setLink({ href }).run();
}

function currentHref(editor: Editor): string {
  const href: unknown = editor.getAttributes("link").href;
  return typeof href === "string" ? href : "";
}

export function LinkButton({ editor }: { readonly editor: Editor }) {
  const [open, setOpen] = useState(false);
  const active = useEditorState({ editor, selector: ({ editor: current }) => current.isActive("link") });

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (
        !(event.metaKey || event.ctrlKey) ||
        event.shiftKey ||
        event.altKey ||
        event.key.toLowerCase() !== "k"
      )
        return;
      event.preventDefault();
      setOpen(true);
    };
    const dom = editor.view.dom;
    dom.addEventListener("keydown", onKeyDown);
    return () => dom.removeEventListener("keydown", onKeyDown);
  }, [editor]);

  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Primitive.Button
          className="icon-button toolbar__button"
          aria-label="Link"
          aria-pressed={active}
          title="Link"
          data-testid="tool-link"
          onMouseDown={(event) => event.preventDefault()}
        >
          <Link2 size={17} aria-hidden="true" />
        </Primitive.Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu link-form"
          sideOffset={8}
          collisionPadding={8}
          aria-label="Link"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            editor.commands.focus();
          }}
        >
          <LinkForm editor={editor} onDone={() => setOpen(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function LinkForm({ editor, onDone }: { readonly editor: Editor; readonly onDone: () => void }) {
  const [before] = useState(() => currentHref(editor));
  const [typed, setTyped] = useState(before);
  const [wrong, setWrong] = useState(false);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const href = normaliseHref(typed);
    if (href === null) {
      setWrong(true);
      return;
    }
    applyLink(editor, href);
    onDone();
  };

  return (
    <form onSubmit={submit} noValidate>
      <div className="link-form__row">
        <input
          className="input"
          inputMode="url"
          placeholder="Paste or type an address"
          aria-label="Address"
          aria-invalid={wrong}
          autoComplete="off"
          spellCheck={false}
          data-testid="link-href"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setWrong(false);
          }}
        />
        <Button type="submit" variant="primary" size="small" data-testid="link-apply">
          {before === "" ? "Link" : "Change"}
        </Button>
      </div>
      {wrong && (
        <p className="field__error" role="alert">
          This is no web or e-mail address, for example https://example.org.
        </p>
      )}
    </form>
  );
}
