import type { Notification } from "../api/useNotifications";

/** What happened, as a sentence; kinds of a newer server are told without saying what they are. */
export function sentenceOf({ kind, actor, document }: Notification): string {
  const who = actor?.name ?? "Someone";
  const title = document === null ? "a document" : `“${document.title.trim() || "Untitled document"}”`;
  switch (kind) {
    case "mention":
      return `${who} mentioned you in ${title}`;
    case "reply":
      return `${who} replied in ${title}`;
    case "shared":
      return `${who} shared ${title} with you`;
    case "ownership":
      return `${who} made you the owner of ${title}`;
    case "webhook-disabled":
      return "A webhook of yours failed too often and was turned off";
    default:
      return document === null ? "There is news for you" : `There is news in ${title}`;
  }
}

/** What the bell's number says; more than that nobody counts. */
export function badgeOf(unread: number): string {
  return unread > 99 ? "99+" : String(unread);
}
