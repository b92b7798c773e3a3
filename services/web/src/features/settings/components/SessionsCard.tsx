import { Laptop } from "lucide-react";
import { useState } from "react";
import { useSignOut } from "@/features/profile/hooks/useSignOut";
import { useNow } from "@/shared/hooks/useNow";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import { type SignIn, useEndSession, useSessions } from "../api/sessions";
import { describeDevice } from "../model/userAgent";
import { Card, CardState } from "./Card";

export function SessionsCard() {
  const sessions = useSessions();
  const end = useEndSession();
  const [endingAll, setEndingAll] = useState(false);
  if (sessions.data === undefined) {
    return (
      <Card title="Where you are signed in" testId="sessions-card">
        <CardState query={sessions} what="where you are signed in" />
      </Card>
    );
  }
  const items = sessions.data.pages.flatMap((page) => page.items);
  return (
    <Card
      title="Where you are signed in"
      lead="Sign out what you do not know or do not use any more."
      testId="sessions-card"
      action={
        items.length > 1 && (
          <Button size="small" onClick={() => setEndingAll(true)} data-testid="end-others">
            Sign out everywhere else
          </Button>
        )
      }
    >
      <ul className="entries">
        {items.map((item) => (
          <SessionRow key={item.id} session={item} />
        ))}
      </ul>
      {sessions.hasNextPage && (
        <Button size="small" busy={sessions.isFetchingNextPage} onClick={() => void sessions.fetchNextPage()}>
          Show more
        </Button>
      )}
      {endingAll && (
        <ConfirmDialog
          title="Sign out everywhere else?"
          action="Sign out"
          onClose={() => setEndingAll(false)}
          onConfirm={() =>
            end.mutate(null, {
              onSuccess: () => toast.info("You are signed out everywhere else."),
              onError: (error) => reportFailure(error, "sign out elsewhere"),
            })
          }
        >
          <p>Only this browser stays signed in.</p>
        </ConfirmDialog>
      )}
    </Card>
  );
}

function SessionRow({ session }: { readonly session: SignIn }) {
  const now = useNow();
  const end = useEndSession();
  const { signOut } = useSignOut();
  const device = describeDevice(session.user_agent);
  return (
    <li className="entry" data-testid="session" data-current={session.current}>
      <Laptop size={18} aria-hidden="true" />
      <div className="entry__main">
        <p className="entry__name">
          {device} {session.current && <span className="badge">This browser</span>}
        </p>
        <p className="field__hint">
          {session.address !== null && `${session.address} · `}
          Used {relativeTime(session.last_used_at, now)} · since {relativeTime(session.created_at, now)}
        </p>
      </div>
      <Button
        size="small"
        variant="quiet"
        busy={end.isPending}
        aria-label={session.current ? "Sign out of this browser" : `Sign out ${device}`}
        data-testid="end-session"
        onClick={() =>
          // This one goes with what it keeps on the device, and asks first when that is not saved.
          session.current
            ? signOut()
            : end.mutate(session.id, { onError: (error) => reportFailure(error, `sign out ${device}`) })
        }
      >
        Sign out
      </Button>
    </li>
  );
}
