const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export type DateGroup = "Today" | "Yesterday" | "Previous 7 days" | "Previous 30 days" | "Earlier";

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Whole calendar days between two moments, in local time; a day of 23 or 25 hours still counts as one. */
function daysBetween(earlier: Date, later: Date): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / (24 * HOUR_MS));
}

/** "just now", "5 min ago", "3 h ago", "yesterday", "4 days ago", "12 Mar", "12 Mar 2024". */
export function relativeTime(iso: string, now: Date, locale = "en-GB"): string {
  const then = new Date(iso);
  const elapsed = now.getTime() - then.getTime();
  // A server's clock may be ahead of the reader's: the near future reads as now.
  if (elapsed < MINUTE_MS) return "just now";
  if (elapsed < HOUR_MS) return `${Math.floor(elapsed / MINUTE_MS)} min ago`;
  const days = daysBetween(then, now);
  if (days === 0) return `${Math.floor(elapsed / HOUR_MS)} h ago`;
  if (days === 1) return "yesterday";
  if (days < 7) return `${days} days ago`;
  const sameYear = then.getFullYear() === now.getFullYear();
  return then.toLocaleDateString(locale, {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}

/** "today", "tomorrow", "in 12 days": when something will be, whose hour does not matter. */
export function comingDay(iso: string, now: Date): string {
  const days = daysBetween(now, new Date(iso));
  if (days <= 0) return "today";
  return days === 1 ? "tomorrow" : `in ${days} days`;
}

/** The heading a document is listed under. */
export function dateGroup(iso: string, now: Date): DateGroup {
  const days = daysBetween(new Date(iso), now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days <= 7) return "Previous 7 days";
  if (days <= 30) return "Previous 30 days";
  return "Earlier";
}

export function greeting(now: Date): string {
  const hour = now.getHours();
  if (hour < 5) return "Good night";
  if (hour < 12) return "Good morning";
  if (hour < 18) return "Good afternoon";
  return "Good evening";
}
