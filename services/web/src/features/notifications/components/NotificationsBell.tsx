import { Bell, CheckCheck, Settings } from "lucide-react";
import { useLocation } from "wouter";
import { explain } from "@/shared/api/errors";
import { useNow } from "@/shared/hooks/useNow";
import { cx } from "@/shared/lib/cx";
import { paths } from "@/shared/lib/paths";
import { relativeTime } from "@/shared/lib/time";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { reportFailure } from "@/shared/ui/reportFailure";
import { type Notification, useMarkRead, useNotifications, useUnreadCount } from "../api/useNotifications";
import { badgeOf, sentenceOf } from "../model/sentence";
import "./notifications.css";

export function NotificationsBell() {
  const unread = useUnreadCount();
  return (
    <Menu
      label="Notifications"
      trigger={
        <button
          type="button"
          className="icon-button bell"
          aria-label={unread === 0 ? "Notifications" : `Notifications, ${unread} unread`}
          data-testid="notifications"
          data-unread={unread}
        >
          <Bell size={18} aria-hidden="true" />
          {unread > 0 && (
            <span className="bell__count" aria-hidden="true">
              {badgeOf(unread)}
            </span>
          )}
        </button>
      }
    >
      <Notifications unread={unread} />
    </Menu>
  );
}

/** Mounted while the menu is open: only then is the list asked for. */
function Notifications({ unread }: { readonly unread: number }) {
  const list = useNotifications();
  const mark = useMarkRead();
  const [, navigate] = useLocation();
  const now = useNow();
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const read = (ids: readonly string[] | null) =>
    mark.mutate(ids, { onError: (error) => reportFailure(error, "mark that as read") });

  return (
    <>
      {list.isPending && <p className="menu__note">Loading…</p>}
      {list.isError && list.data === undefined && (
        <p className="menu__note">{explain(list.error, "load notifications")}</p>
      )}
      {list.data !== undefined && items.length === 0 && (
        <p className="menu__note" data-testid="no-notifications">
          Nothing yet. When somebody mentions you, replies to you or shares with you, it is told here.
        </p>
      )}
      <div className="notifications">
        {items.map((item) => (
          <MenuItem
            key={item.id}
            testId="notification"
            onSelect={() => {
              if (!item.read) read([item.id]);
              const target = targetOf(item);
              if (target !== null) navigate(target);
            }}
          >
            <span className={cx("notification", !item.read && "notification--unread")}>
              <span>
                {!item.read && <span className="visually-hidden">Unread: </span>}
                {sentenceOf(item)}
              </span>
              {item.excerpt !== null && <span className="notification__excerpt">{item.excerpt}</span>}
              <time className="field__hint" dateTime={item.created_at}>
                {relativeTime(item.created_at, now)}
              </time>
            </span>
          </MenuItem>
        ))}
      </div>
      <MenuSeparator />
      {unread > 0 && (
        <MenuItem
          icon={<CheckCheck size={16} aria-hidden="true" />}
          testId="mark-all-read"
          onSelect={() => read(null)}
        >
          Mark all as read
        </MenuItem>
      )}
      <MenuItem
        icon={<Settings size={16} aria-hidden="true" />}
        onSelect={() => navigate(`${paths.settings}?section=profile`)}
      >
        Which mails you get
      </MenuItem>
    </>
  );
}

function targetOf({ document, thread }: Notification): string | null {
  if (document === null) return null;
  const query = thread === null ? "" : `?${new URLSearchParams({ thread })}`;
  return `${paths.document(document.id)}${query}`;
}
