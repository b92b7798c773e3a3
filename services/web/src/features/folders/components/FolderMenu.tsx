import { FolderInput, FolderPlus, MoreHorizontal, Pencil, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useReturnFocus } from "@/shared/hooks/useReturnFocus";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { useFolders } from "../api/useFolders";
import { useFolderActions } from "../hooks/useFolderActions";
import { type Folder, refusalOf, wayTo } from "../model/tree";

const FolderNameDialog = lazy(() => import("./FolderNameDialog"));
const MoveDialog = lazy(() => import("./MoveDialog"));

type Open = "none" | "rename" | "new" | "move" | "delete";

interface FolderMenuProps {
  readonly folder: Folder;
  readonly className?: string;
}

/** Everything that can be done to a folder. */
export function FolderMenu({ folder, className = "" }: FolderMenuProps) {
  const { data: folders = [] } = useFolders();
  const [open, setOpen] = useState<Open>("none");
  const { ref, returnFocus } = useReturnFocus();
  const close = () => {
    setOpen("none");
    returnFocus();
  };
  return (
    <>
      <Menu
        label={`Actions for the folder ${folder.name}`}
        trigger={
          <button
            ref={ref}
            type="button"
            className={`icon-button ${className}`}
            aria-label={`Actions for the folder ${folder.name}`}
            data-testid="folder-menu"
          >
            <MoreHorizontal size={17} aria-hidden="true" />
          </button>
        }
      >
        <MenuItem
          icon={<FolderPlus size={16} aria-hidden="true" />}
          disabled={refusalOf(folders, null, folder.id) !== null}
          testId="folder-new-inside"
          onSelect={() => setOpen("new")}
        >
          New folder inside…
        </MenuItem>
        <MenuItem
          icon={<Pencil size={16} aria-hidden="true" />}
          testId="folder-rename"
          onSelect={() => setOpen("rename")}
        >
          Rename…
        </MenuItem>
        <MenuItem
          icon={<FolderInput size={16} aria-hidden="true" />}
          testId="folder-move"
          onSelect={() => setOpen("move")}
        >
          Move to…
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          danger
          icon={<Trash2 size={16} aria-hidden="true" />}
          testId="folder-delete"
          onSelect={() => setOpen("delete")}
        >
          Delete…
        </MenuItem>
      </Menu>
      <Suspense fallback={null}>
        {open === "rename" && <FolderNameDialog folder={folder} onClose={close} />}
        {open === "new" && <FolderNameDialog parent={folder} onClose={close} />}
        {open === "move" && <MoveFolderDialog folder={folder} onClose={close} />}
      </Suspense>
      {open === "delete" && <DeleteFolderDialog folder={folder} onClose={close} />}
    </>
  );
}

interface DialogProps {
  readonly folder: Folder;
  readonly onClose: () => void;
}

function MoveFolderDialog({ folder, onClose }: DialogProps) {
  const { move } = useFolderActions();
  return (
    <MoveDialog
      what={folder.name}
      movedFolder={folder.id}
      current={folder.parent}
      onMove={(parent) => move(folder, parent)}
      onClose={onClose}
    />
  );
}

function DeleteFolderDialog({ folder, onClose }: DialogProps) {
  const { data: folders = [] } = useFolders();
  const { remove } = useFolderActions();
  const above = wayTo(folders, folder.parent).at(-1);
  return (
    <ConfirmDialog
      title="Delete the folder?"
      action="Delete folder"
      danger
      onConfirm={() => remove(folder)}
      onClose={onClose}
    >
      <p>
        Only the folder <strong>“{folder.name}”</strong> goes. Documents and folders in it are kept:{" "}
        {above ? `they move to “${above.name}”.` : "the documents are in no folder then."}
      </p>
    </ConfirmDialog>
  );
}
