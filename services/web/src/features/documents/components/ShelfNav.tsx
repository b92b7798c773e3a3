import { Clock, Files, FileUser, Star, Trash2, Users } from "lucide-react";
import { Link } from "wouter";
import { paths } from "@/shared/lib/paths";
import type { Shelf } from "../model/shelves";

const ENTRIES = [
  { shelf: "all", name: "All", testId: "all", icon: Files },
  { shelf: "mine", name: "Mine", testId: "owned", icon: FileUser },
  { shelf: "shared", name: "Shared with me", testId: "shared", icon: Users },
  { shelf: "favourites", name: "Favourites", testId: "favourites", icon: Star },
  { shelf: "recent", name: "Recent", testId: "recent", icon: Clock },
  { shelf: "trash", name: "Trash", testId: "trash", icon: Trash2 },
] as const satisfies readonly { shelf: Shelf; name: string; testId: string; icon: unknown }[];

interface ShelfNavProps {
  /** None while a folder is shown. */
  readonly shelf: Shelf | null;
  /** Going to a shelf ends a search. */
  readonly onGo: () => void;
}

export function ShelfNav({ shelf, onGo }: ShelfNavProps) {
  return (
    <nav className="shelves" aria-label="Documents">
      {ENTRIES.map(({ shelf: target, name, testId, icon: Icon }) => (
        <Link
          key={target}
          className="shelves__link"
          href={target === "all" ? paths.documents : `${paths.documents}?show=${target}`}
          aria-current={target === shelf ? "page" : undefined}
          data-testid={`filter-${testId}`}
          onClick={onGo}
        >
          <Icon size={17} aria-hidden="true" />
          {name}
        </Link>
      ))}
    </nav>
  );
}
