import { expect, it } from "vitest";
import { colorFor, contrast, initials, isAvatarOf, isColor, PEOPLE_COLORS, readableInk } from "./people";

it.each([
  ["Ada Lovelace", "AL"],
  ["ada", "A"],
  ["  Jean  Luc   Picard ", "JP"],
  ["李 伟", "李伟"],
  ["🙂 face", "🙂F"],
  ["Mia (guest)", "M"],
  ["", "?"],
])("initials of %j are %s", (name, expected) => {
  expect(initials(name)).toBe(expected);
});

it("puts readable text on every colour people are given, and on extremes", () => {
  for (const color of [...PEOPLE_COLORS, "#ffffff", "#000000", "#ffff00"]) {
    expect(contrast(color, readableInk(color)), color).toBeGreaterThanOrEqual(4.5);
  }
});

it("gives an id the same colour every time, from the palette", () => {
  expect(colorFor("018f")).toBe(colorFor("018f"));
  expect(PEOPLE_COLORS).toContain(colorFor("018f"));
});

it("takes nothing but #rrggbb for a colour", () => {
  expect(isColor("#0F766e")).toBe(true);
  for (const value of ["red", "#fff", "#0f766e;background:url(x)", null, 7])
    expect(isColor(value)).toBe(false);
});

it("takes nothing but a person's own picture for it", () => {
  const hash = "0a".repeat(32);
  expect(isAvatarOf("u1", `/api/users/u1/avatar?v=${hash}`)).toBe(true);
  for (const value of [
    `/api/users/u2/avatar?v=${hash}`,
    `https://elsewhere.example/api/users/u1/avatar?v=${hash}`,
    `//elsewhere.example/api/users/u1/avatar?v=${hash}`,
    `/api/users/u1/avatar?v=${hash}/../..`,
    "/api/users/u1/avatar?v=",
    null,
  ])
    expect(isAvatarOf("u1", value), String(value)).toBe(false);
});
