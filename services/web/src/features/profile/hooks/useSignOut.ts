import { useState } from "react";
import { useCurrentUser } from "@/features/auth/hooks/useSession";
import { session } from "@/features/auth/session";
import { unsavedDocuments } from "@/shared/offline/unsaved";
import { reportFailure } from "@/shared/ui/reportFailure";

/** Signs out, after asking when that would lose edits which only this device has. */
export function useSignOut() {
  const user = useCurrentUser();
  const [unsavedCount, setUnsavedCount] = useState(0);
  const [confirming, setConfirming] = useState(false);

  const leave = async () => {
    try {
      await session.signOut();
    } catch (error) {
      reportFailure(error, "sign out");
    }
  };

  return {
    unsavedCount,
    confirming,
    cancel: () => setConfirming(false),
    confirm: () => void leave(),
    signOut: () => {
      const count = unsavedDocuments(localStorage, user.id).length;
      setUnsavedCount(count);
      if (count > 0) setConfirming(true);
      else void leave();
    },
  };
}
