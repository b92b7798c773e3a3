import { expect, it } from "vitest";
import type { Thread } from "../api/useThreads";
import { insertMention, mentionQuery, stillMentioned } from "./mentions";
import { sortThreads } from "./threads";

it("knows when a name is being typed", () => {
  expect(mentionQuery("Hello @Ad", 9)).toEqual({ text: "Ad", at: 6 });
  expect(mentionQuery("@", 1)).toEqual({ text: "", at: 0 });
  expect(mentionQuery("@Ada Lo", 7)).toEqual({ text: "Ada Lo", at: 0 });
  expect(mentionQuery("mail@example", 12)).toBeNull();
  expect(mentionQuery("@Ada is here now", 16)).toBeNull();
  expect(mentionQuery("no sign", 7)).toBeNull();
});

it("puts a person in place of what was typed, and forgets one that was deleted again", () => {
  const query = mentionQuery("Ask @ad now", 7);
  if (query === null) throw new Error("expected a query");
  expect(insertMention("Ask @ad now", query, "Ada")).toEqual({ text: "Ask @Ada now", caret: 9 });
  const chosen = [
    { id: "u1", name: "Ada" },
    { id: "u2", name: "Lin" },
    { id: "u1", name: "Ada" },
  ];
  expect(stillMentioned("Ask @Ada now", chosen)).toEqual(["u1"]);
});

it("lists threads as their passages stand in the text, lost ones last", () => {
  const thread = (id: string) => ({ id, created_at: id }) as Thread;
  const placed = [
    { thread: thread("3"), range: null },
    { thread: thread("1"), range: { from: 9, to: 12 } },
    { thread: thread("2"), range: { from: 4, to: 6 } },
    { thread: thread("0"), range: null },
  ];
  expect(sortThreads(placed).map((each) => each.thread.id)).toEqual(["2", "1", "0", "3"]);
});
