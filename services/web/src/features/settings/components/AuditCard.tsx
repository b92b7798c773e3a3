import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { useNow } from "@/shared/hooks/useNow";
import { cx } from "@/shared/lib/cx";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { type AuditEntry, useAudit } from "../api/audit";
import { auditSentence, isAlarming } from "../model/audit";
import { describeDevice } from "../model/userAgent";
import { Card, CardState } from "./Card";

/** What was done to the account: whoever finds something here that was not them knows what to do next. */
export function AuditCard() {
  const audit = useAudit();
  const now = useNow();
  if (audit.data === undefined) {
    return (
      <Card title="Activity" testId="audit-card">
        <CardState query={audit} what="what happened" />
      </Card>
    );
  }
  const entries = audit.data.pages.flatMap((page) => page.items);
  return (
    <Card
      title="Activity"
      lead="If something here was not you, change your password and sign out everywhere else."
      testId="audit-card"
    >
      {entries.length === 0 && <p className="field__hint">Nothing yet.</p>}
      <ul className="entries">
        {entries.map((entry) => (
          <AuditRow key={entry.id} entry={entry} now={now} />
        ))}
      </ul>
      {audit.hasNextPage && (
        <Button size="small" busy={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Card>
  );
}

function AuditRow({ entry, now }: { readonly entry: AuditEntry; readonly now: Date }) {
  const user = useCurrentUser();
  const byOther = entry.actor !== null && entry.actor !== user.id;
  const where = [
    entry.user_agent === null ? null : describeDevice(entry.user_agent),
    entry.address,
    byOther ? "by an administrator" : null,
  ].filter((part) => part !== null);
  return (
    <li className="entry" data-testid="audit-entry" data-event={entry.event}>
      <div className="entry__main">
        <p className={cx("entry__name", isAlarming(entry.event) && "entry__name--warning")}>
          {auditSentence(entry.event)}
        </p>
        <p className="field__hint">{where.join(" · ")}</p>
      </div>
      <time className="field__hint" dateTime={entry.at} title={new Date(entry.at).toLocaleString()}>
        {relativeTime(entry.at, now)}
      </time>
    </li>
  );
}
