import { authorized } from "@/features/auth/session";
import { Ticket } from "@/shared/api/types";

const DEADLINE_MS = 10_000;

/** Leave to open the document for a few minutes, in the role the person has now. */
export function fetchTicket(documentId: string, signal: AbortSignal): Promise<Ticket> {
  return authorized(`/api/documents/${encodeURIComponent(documentId)}/ticket`, Ticket, {
    method: "POST",
    signal,
    deadlineMs: DEADLINE_MS,
  });
}
