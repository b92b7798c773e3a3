import { useEffect, useState } from "react";
import { tokenOf } from "../model/fragment";

/** The token of the mail's link that led here; it is taken out of the address and the history at once. */
export function useMailToken(): string | null {
  const [token] = useState(() => tokenOf(window.location.hash));
  useEffect(() => {
    if (window.location.hash !== "") {
      history.replaceState(history.state, "", window.location.pathname + window.location.search);
    }
  }, []);
  return token;
}
