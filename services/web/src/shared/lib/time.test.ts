import { describe, expect, it } from "vitest";
import { comingDay, dateGroup, greeting, relativeTime } from "./time";

const now = new Date(2026, 2, 30, 12, 0, 0);
const ago = (ms: number) => new Date(now.getTime() - ms).toISOString();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("relativeTime", () => {
  it.each([
    [ago(0), "just now"],
    [ago(-5 * MINUTE), "just now"],
    [ago(59_000), "just now"],
    [ago(MINUTE), "1 min ago"],
    [ago(59 * MINUTE), "59 min ago"],
    [ago(3 * HOUR), "3 h ago"],
    [ago(13 * HOUR), "yesterday"],
    [ago(3 * DAY), "3 days ago"],
    [new Date(2026, 0, 5).toISOString(), "5 Jan"],
    [new Date(2024, 0, 5).toISOString(), "5 Jan 2024"],
  ])("%s reads %s", (iso, expected) => {
    expect(relativeTime(iso, now)).toBe(expected);
  });
});

describe("comingDay", () => {
  it.each([
    [ago(HOUR), "today"],
    [ago(-HOUR), "today"],
    [ago(-DAY), "tomorrow"],
    [ago(-12 * DAY), "in 12 days"],
  ])("%s reads %s", (iso, expected) => {
    expect(comingDay(iso, now)).toBe(expected);
  });
});

describe("dateGroup", () => {
  it("counts calendar days, not 24-hour spans", () => {
    const earlyMorning = new Date(2026, 2, 30, 0, 30);
    expect(dateGroup(new Date(2026, 2, 29, 23, 50).toISOString(), earlyMorning)).toBe("Yesterday");
    expect(dateGroup(new Date(2026, 2, 30, 0, 10).toISOString(), earlyMorning)).toBe("Today");
  });

  it("names every age", () => {
    expect(dateGroup(ago(7 * DAY), now)).toBe("Previous 7 days");
    expect(dateGroup(ago(8 * DAY), now)).toBe("Previous 30 days");
    expect(dateGroup(ago(31 * DAY), now)).toBe("Earlier");
    expect(dateGroup(ago(-DAY), now)).toBe("Today");
  });
});

it("greets by the hour", () => {
  expect([2, 8, 14, 21].map((hour) => greeting(new Date(2026, 0, 1, hour)))).toEqual([
    "Good night",
    "Good morning",
    "Good afternoon",
    "Good evening",
  ]);
});
