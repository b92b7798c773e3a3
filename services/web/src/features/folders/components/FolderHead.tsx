import { ChevronRight, Folder as FolderIcon } from "lucide-react";
import { Link } from "wouter";
import { paths } from "@/shared/lib/paths";
import { useFolders } from "../api/useFolders";
import { type Folder, treeOf, wayTo } from "../model/tree";
import { FolderMenu } from "./FolderMenu";

interface FolderHeadProps {
  readonly folder: Folder;
}

/** The name of the folder that is shown, the way to it, and what can be done to it. */
export function FolderHead({ folder }: FolderHeadProps) {
  const { data: folders = [] } = useFolders();
  const above = wayTo(folders, folder.parent);
  return (
    <div className="folder-head">
      <nav aria-label="Folders above">
        <ol className="crumbs">
          <li>
            <Link href={paths.documents}>Documents</Link>
          </li>
          {above.map(({ id, name }) => (
            <li key={id}>
              <ChevronRight size={13} aria-hidden="true" />
              <Link href={paths.folder(id)}>{name}</Link>
            </li>
          ))}
        </ol>
      </nav>
      <div className="folder-head__title">
        <h1 className="documents__greeting" data-testid="folder-title">
          {folder.name}
        </h1>
        <FolderMenu folder={folder} />
      </div>
    </div>
  );
}

/** The folders in a folder, above its documents. */
export function Subfolders({ of }: { readonly of: string }) {
  const { data: folders = [] } = useFolders();
  const inside = treeOf(folders.filter(({ parent }) => parent === of));
  if (inside.length === 0) return null;
  return (
    <ul className="subfolders" aria-label="Folders in this folder">
      {inside.map(({ folder }) => (
        <li key={folder.id}>
          <Link className="subfolder" href={paths.folder(folder.id)} data-testid="subfolder">
            <FolderIcon size={17} aria-hidden="true" />
            <span className="folder__name">{folder.name}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
