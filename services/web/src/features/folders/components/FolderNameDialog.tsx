import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { explain } from "@/shared/api/errors";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";
import { useChangeFolder, useCreateFolder } from "../api/useFolders";
import { setFoldersOpen } from "../model/openFolders";
import { cleanName, type Folder, MAX_NAME_LENGTH } from "../model/tree";

interface FolderNameDialogProps {
  /** The one to rename; a new one is made when there is none. */
  readonly folder?: Folder;
  /** Where a new one is made; at the top when there is none. */
  readonly parent?: Folder;
  readonly onClose: () => void;
}

export default function FolderNameDialog({ folder, parent, onClose }: FolderNameDialogProps) {
  const creation = useCreateFolder();
  const change = useChangeFolder();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState(folder?.name ?? "");
  const [error, setError] = useState<string | undefined>();

  const save = async (name: string) => {
    if (folder) {
      if (name !== folder.name) await change.mutateAsync({ id: folder.id, name });
      return;
    }
    const made = await creation.mutateAsync({ name, parent: parent?.id ?? null });
    if (parent) setFoldersOpen([parent.id], true);
    navigate(paths.folder(made.id));
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const name = cleanName(typed);
    if (name === "") {
      setError("Enter a name.");
      return;
    }
    try {
      await save(name);
      onClose();
    } catch (failure) {
      setError(explain(failure, folder ? "rename the folder" : "make the folder"));
    }
  };

  const title = folder ? "Rename folder" : parent ? `New folder in “${parent.name}”` : "New folder";
  return (
    <Dialog title={title} onClose={onClose} testId="folder-name-dialog">
      <form className="dialog-form" onSubmit={submit} noValidate>
        <TextField
          label="Name"
          name="folder-name"
          autoComplete="off"
          maxLength={MAX_NAME_LENGTH}
          data-autofocus=""
          data-testid="folder-name"
          value={typed}
          error={error}
          onFocus={(event) => event.target.select()}
          onChange={(event) => {
            setTyped(event.target.value);
            setError(undefined);
          }}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            busy={creation.isPending || change.isPending}
            data-testid="folder-name-save"
          >
            {folder ? "Rename" : "Create"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
