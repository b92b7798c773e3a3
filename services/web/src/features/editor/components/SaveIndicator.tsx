import {
  Ban,
  CircleAlert,
  CircleCheck,
  CloudOff,
  Eye,
  LoaderCircle,
  type LucideIcon,
  RefreshCw,
} from "lucide-react";
import { cx } from "@/shared/lib/cx";
import type { SaveState, SaveStateKind } from "../model/saveState";

const ICONS: Readonly<Record<SaveStateKind, LucideIcon>> = {
  opening: LoaderCircle,
  saved: CircleCheck,
  saving: LoaderCircle,
  offline: CloudOff,
  reconnecting: RefreshCw,
  "read-only": Eye,
  "not-saved": CircleAlert,
  full: CircleAlert,
  deleted: Ban,
  removed: Ban,
  unavailable: Ban,
  replaced: RefreshCw,
  "too-large": CircleAlert,
  malformed: CircleAlert,
  "session-ended": Ban,
};

/** States that come and go with every few words; a screen reader that announced them would say nothing else. */
const UNSPOKEN: ReadonlySet<SaveStateKind> = new Set(["saving", "opening"]);

export function SaveIndicator({ state: { kind, label, tone } }: { readonly state: SaveState }) {
  const Icon = ICONS[kind];
  return (
    <p
      className={cx("save-state", `save-state--${tone}`, tone === "busy" && "save-state--turning")}
      data-testid="save-state"
      data-state={kind}
      title={label}
    >
      <Icon size={15} aria-hidden="true" />
      <span aria-hidden="true">{label}</span>
      <span className="visually-hidden" role="status">
        {UNSPOKEN.has(kind) ? "" : label}
      </span>
    </p>
  );
}
