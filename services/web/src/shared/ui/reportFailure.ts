import { explain, SessionEndedError } from "../api/errors";
import { toast } from "./toastStore";

/** Says that something could not be done; `doing` completes "Could not …". */
export function reportFailure(error: unknown, doing: string): void {
  // The page to sign in, which comes now, says it better.
  if (!(error instanceof SessionEndedError)) toast.error(explain(error, doing));
}
