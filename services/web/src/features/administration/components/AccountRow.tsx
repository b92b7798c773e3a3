import {
  Ban,
  MoreHorizontal,
  Pencil,
  RotateCcw,
  ScrollText,
  ShieldMinus,
  ShieldPlus,
  Trash2,
} from "lucide-react";
import { type Ref, useState } from "react";
import { useLocation } from "wouter";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { useReturnFocus } from "@/shared/hooks/useReturnFocus";
import { paths } from "@/shared/lib/paths";
import { relativeTime } from "@/shared/lib/time";
import { Avatar } from "@/shared/ui/Avatar";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import type { Account } from "../api/useAccounts";
import { AccountDialogs, type Asked } from "./AccountDialogs";

interface AccountRowProps {
  readonly account: Account;
  readonly now: Date;
}

export function AccountRow({ account, now }: AccountRowProps) {
  const user = useCurrentUser();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { ref, returnFocus } = useReturnFocus();
  const close = () => {
    setAsked(null);
    returnFocus();
  };
  return (
    <li className="entry account" data-testid="account-row" data-email={account.email}>
      <Avatar person={account} size="large" />
      <div className="entry__main">
        <p className="entry__name">
          {account.name}
          {account.id === user.id && <span className="field__hint"> (you)</span>}
        </p>
        <p className="field__hint">{account.email}</p>
        <p className="account__badges">
          <States account={account} />
        </p>
      </div>
      <p className="field__hint account__seen">
        {lastSeen(account.last_seen_at, now)}
        <br />
        Since {relativeTime(account.created_at, now)}
      </p>
      <AccountMenu account={account} isSelf={account.id === user.id} onAsk={setAsked} buttonRef={ref} />
      {asked !== null && <AccountDialogs asked={asked} account={account} onClose={close} />}
    </li>
  );
}

/** To the hour, as the server keeps it. */
function lastSeen(iso: string | null, now: Date): string {
  if (iso === null) return "Never seen";
  return now.getTime() - Date.parse(iso) < 3_600_000
    ? "Seen within the hour"
    : `Seen ${relativeTime(iso, now)}`;
}

function States({ account }: { readonly account: Account }) {
  return (
    <>
      {account.is_admin && <span className="badge">Administrator</span>}
      {account.disabled && <span className="badge badge--warning">Disabled</span>}
      {account.erasing && <span className="badge badge--warning">Being deleted</span>}
      {!account.verified && <span className="badge badge--quiet">Address not confirmed</span>}
    </>
  );
}

interface AccountMenuProps {
  readonly account: Account;
  readonly isSelf: boolean;
  readonly onAsk: (asked: Asked) => void;
  readonly buttonRef: Ref<HTMLButtonElement>;
}

function AccountMenu({ account, isSelf, onAsk, buttonRef }: AccountMenuProps) {
  const [, navigate] = useLocation();
  const changeable = !account.erasing;
  return (
    <Menu
      label={`Actions for ${account.name}`}
      trigger={
        <button
          ref={buttonRef}
          type="button"
          className="icon-button"
          aria-label={`Actions for ${account.name}`}
          data-testid="account-menu"
        >
          <MoreHorizontal size={18} aria-hidden="true" />
        </button>
      }
    >
      <MenuItem
        icon={<ScrollText size={16} aria-hidden="true" />}
        testId="account-audit"
        onSelect={() =>
          navigate(
            `${paths.administration}?${new URLSearchParams({ section: "audit", account: account.id })}`,
          )
        }
      >
        Activity
      </MenuItem>
      <MenuItem
        icon={<Pencil size={16} aria-hidden="true" />}
        disabled={!changeable}
        testId="account-rename"
        onSelect={() => onAsk("rename")}
      >
        Rename…
      </MenuItem>
      {account.is_admin ? (
        <MenuItem
          icon={<ShieldMinus size={16} aria-hidden="true" />}
          disabled={!changeable}
          testId="account-demote"
          onSelect={() => onAsk("demote")}
        >
          Administrator no longer…
        </MenuItem>
      ) : (
        <MenuItem
          icon={<ShieldPlus size={16} aria-hidden="true" />}
          disabled={!changeable}
          testId="account-promote"
          onSelect={() => onAsk("promote")}
        >
          Make an administrator…
        </MenuItem>
      )}
      <MenuSeparator />
      {account.disabled ? (
        <MenuItem
          icon={<RotateCcw size={16} aria-hidden="true" />}
          disabled={!changeable}
          testId="account-enable"
          onSelect={() => onAsk("enable")}
        >
          Enable…
        </MenuItem>
      ) : (
        <MenuItem
          icon={<Ban size={16} aria-hidden="true" />}
          disabled={!changeable}
          testId="account-disable"
          onSelect={() => onAsk("disable")}
        >
          Disable…
        </MenuItem>
      )}
      {/* Oneself one deletes in the settings, by one's own address. */}
      {!isSelf && (
        <MenuItem
          danger
          icon={<Trash2 size={16} aria-hidden="true" />}
          disabled={!changeable}
          testId="account-erase"
          onSelect={() => onAsk("erase")}
        >
          Delete for good…
        </MenuItem>
      )}
    </Menu>
  );
}
