import { useEffect, useSyncExternalStore } from "react";
import { applyTheme, followTheme, type Theme, theme } from "@/shared/lib/theme";
import { reportFailure } from "@/shared/ui/reportFailure";
import { usePreferences, useUpdatePreferences } from "../api/usePreferences";

/** The theme of this device, which follows what the person chose on any of theirs. */
export function useTheme(): readonly [Theme, (chosen: Theme) => void] {
  const shown = useSyncExternalStore(theme.subscribe, theme.get);
  const saved = usePreferences().data?.theme;
  const update = useUpdatePreferences();
  useEffect(() => {
    if (saved !== undefined) followTheme(saved);
  }, [saved]);
  const choose = (chosen: Theme) => {
    applyTheme(chosen);
    update.mutate({ theme: chosen }, { onError: (error) => reportFailure(error, "keep the theme") });
  };
  return [shown, choose];
}
