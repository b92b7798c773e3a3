import { expect, it } from "vitest";
import type { Notification } from "../api/useNotifications";
import { badgeOf, sentenceOf } from "./sentence";

const about = (change: Partial<Notification>): Notification => ({
  id: "n1",
  kind: "mention",
  actor: { id: "u1", name: "Ada", color: "#0f766e" },
  document: { id: "d1", title: "Plan" },
  thread: null,
  excerpt: null,
  read: false,
  created_at: "2026-01-01T00:00:00Z",
  ...change,
});

it("says what happened, also when it does not know who or what", () => {
  expect(sentenceOf(about({}))).toBe("Ada mentioned you in “Plan”");
  expect(sentenceOf(about({ kind: "shared", actor: null }))).toBe("Someone shared “Plan” with you");
  expect(sentenceOf(about({ kind: "reply", document: { id: "d", title: " " } }))).toBe(
    "Ada replied in “Untitled document”",
  );
  expect(sentenceOf(about({ kind: "moon" }))).toBe("There is news in “Plan”");
});

it("counts up to what anybody reads", () => {
  expect(badgeOf(7)).toBe("7");
  expect(badgeOf(1000)).toBe("99+");
});
