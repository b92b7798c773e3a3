import { Extension } from "@tiptap/core";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Plugin } from "@tiptap/pm/state";
import type { Awareness } from "y-protocols/awareness";
import { readableInk } from "@/shared/lib/people";
import { type Person, readPerson } from "../model/peers";

/**
 * Draws another person's caret. Styles go through properties: the content policy refuses style attributes, and the
 * label's text through a text node, since a name is anything its owner typed.
 */
function renderCaret(user: Record<string, unknown>): HTMLElement {
  const person = readPerson(user);
  const caret = document.createElement("span");
  caret.className = "caret";
  caret.dataset.user = person?.id ?? "";
  caret.dataset.testid = "caret";
  const label = document.createElement("span");
  label.className = "caret__label";
  label.textContent = person?.name ?? "Someone";
  if (person) {
    caret.style.setProperty("--caret-color", person.color);
    caret.style.setProperty("--caret-ink", readableInk(person.color));
  }
  caret.append(label);
  return caret;
}

/** Shows a caret's label again whenever the caret moves; style sheets let it fade. */
const CaretLabels = Extension.create<{ awareness: Awareness | null }>({
  name: "caretLabels",

  addOptions() {
    return { awareness: null };
  },

  addProseMirrorPlugins() {
    const { awareness } = this.options;
    if (!awareness) return [];
    return [
      new Plugin({
        view: (view) => {
          const onChange = ({ updated }: { updated: number[] }) => {
            for (const client of updated) {
              const id = readPerson(awareness.getStates().get(client)?.user)?.id;
              if (id === undefined || client === awareness.clientID) continue;
              const caret = view.dom.querySelector(`.caret[data-user="${CSS.escape(id)}"]`);
              for (const animation of caret?.getAnimations({ subtree: true }) ?? []) {
                animation.cancel();
                animation.play();
              }
            }
          };
          awareness.on("change", onChange);
          return { destroy: () => awareness.off("change", onChange) };
        },
      }),
    ];
  },
});

export function carets(awareness: Awareness, user: Person) {
  return [
    CollaborationCaret.configure({
      provider: { awareness },
      user: { ...user },
      render: renderCaret,
      selectionRender: (person) => ({
        class: "caret-selection",
        style: `--caret-color: ${readPerson(person)?.color ?? "transparent"}`,
      }),
    }),
    CaretLabels.configure({ awareness }),
  ];
}
