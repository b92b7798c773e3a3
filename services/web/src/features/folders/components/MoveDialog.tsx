import { Folder as FolderIcon, FolderX } from "lucide-react";
import { type CSSProperties, type FormEvent, type ReactNode, useState } from "react";
import { fold } from "@/features/documents/model/filter";
import { explain } from "@/shared/api/errors";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { useFolders } from "../api/useFolders";
import { flattenTree, REFUSALS, refusalOf, treeOf, wayTo } from "../model/tree";
import "./folders.css";

/** Fewer are found faster by eye. */
const FILTER_FROM = 9;

interface MoveDialogProps {
  readonly what: string;
  /** The folder that is moved: it cannot go into itself. Null for a document. */
  readonly movedFolder: string | null;
  readonly current: string | null;
  readonly onMove: (folder: string | null, name: string) => void;
  readonly onClose: () => void;
}

/** Chooses a folder, by mouse or by keys alone. */
export default function MoveDialog({ what, movedFolder, current, onMove, onClose }: MoveDialogProps) {
  const folders = useFolders();
  const [chosen, setChosen] = useState(current);
  const [filter, setFilter] = useState("");
  const known = folders.data ?? [];
  const nodes = flattenTree(treeOf(known));
  const words = fold(filter).split(/\s+/).filter(Boolean);
  const shown = nodes.filter(({ folder }) => words.every((word) => fold(folder.name).includes(word)));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    onMove(chosen, nodes.find(({ folder }) => folder.id === chosen)?.folder.name ?? "");
    onClose();
  };

  return (
    <Dialog title={`Move “${what}”`} onClose={onClose} testId="move-dialog">
      <form className="dialog-form" onSubmit={submit}>
        {nodes.length >= FILTER_FROM && (
          <input
            type="search"
            className="input"
            placeholder="Find a folder"
            aria-label="Find a folder"
            data-testid="move-filter"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        )}
        {folders.isError && folders.data === undefined && (
          <div className="notice notice--danger" role="alert">
            <span>{explain(folders.error, "load your folders")}</span>
            <Button size="small" onClick={() => void folders.refetch()}>
              Try again
            </Button>
          </div>
        )}
        <fieldset className="move-list">
          <legend className="visually-hidden">Where to</legend>
          {words.length === 0 && (
            <Choice
              icon={<FolderX size={17} aria-hidden="true" />}
              name={movedFolder === null ? "No folder" : "At the top"}
              checked={chosen === null}
              here={current === null}
              onChoose={() => setChosen(null)}
            />
          )}
          {shown.map(({ folder, depth }) => {
            const refusal = movedFolder === null ? null : refusalOf(known, movedFolder, folder.id);
            const above = wayTo(known, folder.parent).map(({ name }) => name);
            return (
              <Choice
                key={folder.id}
                icon={<FolderIcon size={17} aria-hidden="true" />}
                name={folder.name}
                // What is found stands without what it is in: that is said beside it.
                depth={words.length === 0 ? depth : 1}
                note={words.length === 0 ? "" : above.join(" / ")}
                checked={chosen === folder.id}
                here={current === folder.id}
                refusal={refusal === null ? null : REFUSALS[refusal]}
                onChoose={() => setChosen(folder.id)}
              />
            );
          })}
          {words.length > 0 && shown.length === 0 && (
            <p className="field__hint move-list__none">No folder has this name.</p>
          )}
          {words.length === 0 && folders.data?.length === 0 && (
            <p className="field__hint move-list__none">
              You have no folders yet: “+” beside “Folders” makes one.
            </p>
          )}
        </fieldset>
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={chosen === current} data-testid="move-submit">
            Move
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly icon: ReactNode;
  readonly name: string;
  readonly depth?: number;
  readonly note?: string;
  readonly checked: boolean;
  readonly here: boolean;
  readonly refusal?: string | null;
  readonly onChoose: () => void;
}

function Choice({ icon, name, depth = 1, note = "", checked, here, refusal = null, onChoose }: ChoiceProps) {
  return (
    <label
      className="move-choice"
      style={{ "--depth": depth - 1 } as CSSProperties}
      title={refusal ?? undefined}
      data-testid="move-choice"
    >
      <input
        type="radio"
        name="folder"
        value={name}
        checked={checked}
        disabled={refusal !== null}
        {...(checked ? { "data-autofocus": "" } : {})}
        onChange={onChoose}
      />
      {icon}
      <span className="move-choice__name">{name}</span>
      {note !== "" && <span className="field__hint move-choice__note">{note}</span>}
      {here && <span className="badge badge--quiet">Here now</span>}
    </label>
  );
}
