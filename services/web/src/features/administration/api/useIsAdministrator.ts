import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accountQuery } from "@/features/settings/api/account";

/** Whether the person administrates, as far as it is known; it is asked for with `ask`. */
export function useIsAdministrator(): { readonly known: boolean; readonly ask: () => void } {
  const [asked, setAsked] = useState(false);
  const account = useQuery({ ...accountQuery, enabled: asked, staleTime: 5 * 60_000 });
  return { known: account.data?.is_admin === true, ask: () => setAsked(true) };
}
