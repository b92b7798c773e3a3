import { useLocation } from "wouter";
import { paths } from "@/shared/lib/paths";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import { useChangeFolder, useDeleteFolder } from "../api/useFolders";
import { setFoldersOpen } from "../model/openFolders";
import type { Folder } from "../model/tree";

/** What a person can do to a folder without being asked more, with the message each outcome deserves. */
export function useFolderActions() {
  const [location, navigate] = useLocation();
  const change = useChangeFolder();
  const deletion = useDeleteFolder();

  // Awaited rather than given callbacks: what asked for the change (a menu, a row) may be gone when the answer comes.
  const move = async (folder: Folder, parent: string | null) => {
    if (folder.parent === parent) return;
    if (parent !== null) setFoldersOpen([parent], true);
    try {
      await change.mutateAsync({ id: folder.id, parent });
    } catch (error) {
      reportFailure(error, `move the folder “${folder.name}”`);
    }
  };

  const remove = async (folder: Folder) => {
    try {
      await deletion.mutateAsync(folder.id);
      toast.info(`The folder “${folder.name}” is deleted. What was in it is kept.`);
    } catch (error) {
      reportFailure(error, `delete the folder “${folder.name}”`);
      return;
    }
    if (location === paths.folder(folder.id)) {
      navigate(folder.parent === null ? paths.documents : paths.folder(folder.parent), { replace: true });
    }
  };

  return {
    move: (folder: Folder, parent: string | null) => void move(folder, parent),
    remove: (folder: Folder) => void remove(folder),
  };
}
