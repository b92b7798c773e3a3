import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { isApple, SHORTCUTS, showKeys } from "../model/keys";

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const apple = isApple(navigator.platform);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} testId="shortcuts-dialog">
      {SHORTCUTS.map(({ name, shortcuts }) => (
        <section key={name}>
          <h3 className="shortcuts__heading">{name}</h3>
          <dl className="shortcuts">
            {shortcuts.map(({ does, keys }) => (
              <div key={does} className="shortcuts__row">
                <dt>{does}</dt>
                <dd>
                  <kbd className="key">{showKeys(keys, apple)}</kbd>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <p className="field__hint">
        Markdown works as you type: “# ” for a heading, “- ” for a list, “[ ] ” for a task.
      </p>
      <div className="dialog__footer">
        <Button size="small" variant="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}
