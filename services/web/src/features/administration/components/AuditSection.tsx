import { X } from "lucide-react";
import { useSearchParams } from "wouter";
import { CardState } from "@/features/settings/components/Card";
import { AUDIT_EVENTS, auditSentence, isAlarming } from "@/features/settings/model/audit";
import { describeDevice } from "@/features/settings/model/userAgent";
import { ApiError } from "@/shared/api/errors";
import { useNow } from "@/shared/hooks/useNow";
import { cx } from "@/shared/lib/cx";
import { relativeTime } from "@/shared/lib/time";
import { Avatar } from "@/shared/ui/Avatar";
import { Button } from "@/shared/ui/Button";
import { Select } from "@/shared/ui/Select";
import { type AuditEntry, useAllAudit, usePerson } from "../api/useAllAudit";
import { detailText } from "../model/details";

const EVENTS = [
  { value: "", label: "All events" },
  ...AUDIT_EVENTS.map((event) => ({ value: event, label: auditSentence(event) })),
];

/** What was done to accounts. The filters are in the address: it can be sent to another administrator. */
export function AuditSection() {
  const [search, setSearch] = useSearchParams();
  const account = search.get("account");
  const event = search.get("event");
  const audit = useAllAudit({ account, event });
  const now = useNow();
  const items = audit.data?.pages.flatMap((page) => page.items);

  const set = (name: "account" | "event", value: string | null) =>
    setSearch((known) => {
      const next = new URLSearchParams(known);
      if (value === null || value === "") next.delete(name);
      else next.set(name, value);
      return next;
    });

  return (
    <section className="card" aria-label="Audit log">
      <div className="admin-filter">
        <Select
          label="Which events"
          value={event ?? ""}
          options={EVENTS}
          onChange={(value) => set("event", value)}
          data-testid="audit-event"
        />
        {account !== null && <AboutAccount id={account} onClear={() => set("account", null)} />}
      </div>
      {items === undefined && <CardState query={audit} what="the log" />}
      {items?.length === 0 && (
        <p className="field__hint" role="status" data-testid="no-entries">
          Nothing of the kind happened.
        </p>
      )}
      {items !== undefined && items.length > 0 && (
        <ul className="entries">
          {items.map((entry) => (
            <AuditRow key={entry.id} entry={entry} now={now} onAccount={(id) => set("account", id)} />
          ))}
        </ul>
      )}
      {audit.hasNextPage && (
        <div>
          <Button size="small" busy={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </section>
  );
}

/** What an id of the log is called; who was erased is an id and nothing more. */
function useName(id: string | null): string {
  const person = usePerson(id);
  if (id === null) return "Nobody who is known";
  if (person.data) return person.data.name;
  return person.error instanceof ApiError && person.error.status === 404 ? "A deleted account" : "…";
}

function AboutAccount({ id, onClear }: { readonly id: string; readonly onClear: () => void }) {
  return (
    <span className="admin-filter__account" data-testid="audit-account">
      Only {useName(id)}
      <button type="button" className="icon-button" aria-label="Show all accounts" onClick={onClear}>
        <X size={15} aria-hidden="true" />
      </button>
    </span>
  );
}

interface AuditRowProps {
  readonly entry: AuditEntry;
  readonly now: Date;
  readonly onAccount: (id: string) => void;
}

function AuditRow({ entry, now, onAccount }: AuditRowProps) {
  const person = usePerson(entry.account);
  const name = useName(entry.account);
  const actor = useName(entry.actor);
  const byOther = entry.actor !== null && entry.actor !== entry.account;
  const { account } = entry;
  const where = [
    byOther ? `by ${actor}` : null,
    entry.user_agent === null ? null : describeDevice(entry.user_agent),
    entry.address,
    detailText(entry.detail) || null,
  ].filter((part) => part !== null);
  return (
    <li className="entry" data-testid="audit-entry" data-event={entry.event}>
      {account === null ? (
        <span className="avatar avatar--none" aria-hidden="true" />
      ) : (
        <Avatar person={person.data ?? { id: account, name: "?", color: "" }} />
      )}
      <div className="entry__main">
        <p className={cx("entry__name", isAlarming(entry.event) && "entry__name--warning")}>
          {auditSentence(entry.event)}
          {account !== null && (
            <>
              {" · "}
              <button type="button" className="audit-name" onClick={() => onAccount(account)}>
                {name}
              </button>
            </>
          )}
        </p>
        <p className="field__hint">{where.join(" · ")}</p>
      </div>
      <time className="field__hint" dateTime={entry.at} title={new Date(entry.at).toLocaleString()}>
        {relativeTime(entry.at, now)}
      </time>
    </li>
  );
}
