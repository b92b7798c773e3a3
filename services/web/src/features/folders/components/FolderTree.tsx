import { ChevronRight, Folder as FolderIcon, FolderOpen, Plus } from "lucide-react";
import { type CSSProperties, lazy, Suspense, useEffect, useId, useState, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { cx } from "@/shared/lib/cx";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { useFolders } from "../api/useFolders";
import { type PutInto, useDropTarget, usePutInto } from "../hooks/useFolderDrop";
import { startDrag } from "../model/dragging";
import { openFolders, setFoldersOpen } from "../model/openFolders";
import { type FolderNode, treeOf, wayTo } from "../model/tree";
import { FolderMenu } from "./FolderMenu";
import "./folders.css";

const FolderNameDialog = lazy(() => import("./FolderNameDialog"));

const NOWHERE = { id: null, name: "" };

interface FolderTreeProps {
  /** The folder that is shown, if one is. */
  readonly current: string | null;
  /** Going to a folder ends a search. */
  readonly onGo: () => void;
}

/** One's own folders. Documents and folders can be dropped on them; on the heading, to be in none. */
export function FolderTree({ current, onGo }: FolderTreeProps) {
  const folders = useFolders();
  const open = useSyncExternalStore(openFolders.subscribe, openFolders.get);
  const putInto = usePutInto();
  const { over, handlers } = useDropTarget(NOWHERE, putInto);
  const [shown, setShown] = useState(() => !isNarrow());
  const [making, setMaking] = useState(false);
  const listId = useId();
  const tree = treeOf(folders.data ?? []);
  const go = () => {
    onGo();
    if (isNarrow()) setShown(false);
  };
  const above = wayTo(folders.data ?? [], current)
    .slice(0, -1)
    .map(({ id }) => id)
    .join(" ");

  // Whoever comes to a folder sees where it is; closing what is above it afterwards is their choice.
  useEffect(() => {
    if (above !== "") setFoldersOpen(above.split(" "), true);
  }, [above]);

  return (
    <section className="folders" aria-label="Folders">
      <div className={cx("folders__head", over && "folders__head--over")} {...handlers}>
        <button
          type="button"
          className="folders__toggle"
          aria-expanded={shown}
          aria-controls={listId}
          data-testid="folders-toggle"
          onClick={() => setShown(!shown)}
        >
          <ChevronRight size={14} className={cx("folders__chevron", shown && "folders__chevron--open")} />
          Folders
        </button>
        <IconButton label="New folder" data-testid="folder-new" onClick={() => setMaking(true)}>
          <Plus size={16} aria-hidden="true" />
        </IconButton>
      </div>
      <div id={listId} hidden={!shown}>
        {folders.isError && folders.data === undefined && (
          <p className="folders__note" role="alert">
            They did not load.{" "}
            <Button size="small" variant="quiet" onClick={() => void folders.refetch()}>
              Try again
            </Button>
          </p>
        )}
        {folders.data?.length === 0 && (
          <p className="folders__note">Folders are yours alone: others do not see how you file.</p>
        )}
        {tree.length > 0 && (
          <ul className="folders__list" data-testid="folders">
            {tree.map((node) => (
              <FolderItem
                key={node.folder.id}
                node={node}
                current={current}
                open={open}
                putInto={putInto}
                onGo={go}
              />
            ))}
          </ul>
        )}
      </div>
      {making && (
        <Suspense fallback={null}>
          <FolderNameDialog onClose={() => setMaking(false)} />
        </Suspense>
      )}
    </section>
  );
}

/** On a phone the documents come first. */
function isNarrow(): boolean {
  return typeof matchMedia === "function" && matchMedia("(width < 720px)").matches;
}

interface FolderItemProps {
  readonly node: FolderNode;
  readonly current: string | null;
  readonly open: ReadonlySet<string>;
  readonly putInto: PutInto;
  readonly onGo: () => void;
}

function FolderItem({ node, current, open, putInto, onGo }: FolderItemProps) {
  const { folder, depth, children } = node;
  const { over, handlers } = useDropTarget(folder, putInto);
  const isOpen = open.has(folder.id);
  const Icon = isOpen && children.length > 0 ? FolderOpen : FolderIcon;
  return (
    <li>
      <div
        className={cx("folder", folder.id === current && "folder--current", over && "folder--over")}
        style={{ "--depth": depth - 1 } as CSSProperties}
        data-testid="folder"
        data-name={folder.name}
        {...handlers}
      >
        {children.length > 0 ? (
          <button
            type="button"
            className="folder__toggle"
            aria-expanded={isOpen}
            aria-label={`Folders in ${folder.name}`}
            data-testid="folder-toggle"
            onClick={() => setFoldersOpen([folder.id], !isOpen)}
          >
            <ChevronRight size={14} className={cx("folders__chevron", isOpen && "folders__chevron--open")} />
          </button>
        ) : (
          <span className="folder__toggle" />
        )}
        <Link
          className="folder__link"
          href={paths.folder(folder.id)}
          aria-current={folder.id === current ? "page" : undefined}
          data-testid="folder-link"
          onClick={onGo}
          onDragStart={(event) => startDrag(event.dataTransfer, { kind: "folder", id: folder.id })}
        >
          <Icon size={16} aria-hidden="true" />
          <span className="folder__name">{folder.name}</span>
        </Link>
        <FolderMenu folder={folder} className="folder__menu" />
      </div>
      {isOpen && children.length > 0 && (
        <ul className="folders__list">
          {children.map((child) => (
            <FolderItem
              key={child.folder.id}
              node={child}
              current={current}
              open={open}
              putInto={putInto}
              onGo={onGo}
            />
          ))}
        </ul>
      )}
    </li>
  );
}
