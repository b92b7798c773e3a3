import { useLocation } from "wouter";
import { explain } from "@/shared/api/errors";
import { paths } from "@/shared/lib/paths";
import { NameDialog } from "@/shared/ui/NameDialog";
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

  const save = async (name: string) => {
    if (folder) {
      if (name !== folder.name) await change.mutateAsync({ id: folder.id, name });
      return;
    }
    const made = await creation.mutateAsync({ name, parent: parent?.id ?? null });
    if (parent) setFoldersOpen([parent.id], true);
    navigate(paths.folder(made.id));
  };

  const title = folder ? "Rename folder" : parent ? `New folder in “${parent.name}”` : "New folder";
  return (
    <NameDialog
      title={title}
      action={folder ? "Rename" : "Create"}
      initial={folder?.name ?? ""}
      maxLength={MAX_NAME_LENGTH}
      subject="folder"
      clean={cleanName}
      onSave={save}
      explain={(failure) => explain(failure, folder ? "rename the folder" : "make the folder")}
      onClose={onClose}
    />
  );
}
