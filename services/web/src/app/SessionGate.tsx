import { useQueryClient } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useSession } from "@/features/auth/hooks/useSession";
import { session } from "@/features/auth/session";
import { retryDelayMs } from "@/shared/api/queryClient";
import { APP_NAME } from "@/shared/lib/brand";
import { deleteLocalCopies } from "@/shared/offline/localCopies";
import { Button } from "@/shared/ui/Button";
import { Mark } from "@/shared/ui/Logo";
import { StatePage } from "@/shared/ui/StatePage";

/** Shows the application once it is known whether somebody is signed in, and cleans up after whoever leaves. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const state = useSession();
  useCleanUp();
  useEffect(() => {
    void session.start();
  }, []);
  const failures = state.status === "unreachable" ? state.failures : 0;
  useEffect(() => {
    if (failures === 0) return;
    const timer = setTimeout(() => void session.start(), retryDelayMs(failures - 1, null));
    return () => clearTimeout(timer);
  }, [failures]);

  if (state.status === "starting") {
    return (
      <div className="splash" role="status" aria-label={`Opening ${APP_NAME}`}>
        <Mark size={44} />
      </div>
    );
  }
  if (state.status === "unreachable") {
    return (
      <StatePage
        testId="unreachable"
        icon={<CloudOff size={28} />}
        title={`${APP_NAME} cannot be reached`}
        actions={
          <Button variant="primary" onClick={() => void session.start()}>
            Try again now
          </Button>
        }
      >
        <p>We keep trying. Edits that were not saved yet are kept on this device.</p>
      </StatePage>
    );
  }
  return children;
}

/** What one person saw is not for the next: caches go when the person changes, local copies when they sign out. */
function useCleanUp(): void {
  const state = useSession();
  const client = useQueryClient();
  const userId = state.status === "signed-in" ? state.user.id : null;
  const reason = state.status === "anonymous" ? state.reason : null;
  const before = useRef<string | null>(null);
  useEffect(() => {
    const previous = before.current;
    before.current = userId;
    if (previous === null || previous === userId) return;
    client.clear();
    // A session that merely ended keeps what its owner has not saved yet.
    if (userId !== null || reason === "signed-out") void deleteLocalCopies(previous);
  }, [userId, reason, client]);
}
