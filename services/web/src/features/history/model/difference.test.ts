import * as v from "valibot";
import { expect, it } from "vitest";
import { type ChangedBlock, Difference, marksBefore, summary, whatItWas } from "./difference";

function block(parts: Partial<ChangedBlock>): ChangedBlock {
  const nothing = { attrs: {}, type_before: null, attrs_before: null, runs: null, blocks: null, count: 0 };
  return { status: "changed", type: "paragraph", ...nothing, ...parts };
}

function difference(inserted_chars: number, deleted_chars: number, same = false) {
  return v.parse(Difference, { before: "v", after: null, same, inserted_chars, deleted_chars, blocks: [] });
}

it("reads what the server leaves out as nothing", () => {
  const { blocks } = v.parse(Difference, {
    before: "v",
    after: null,
    sequence: 3,
    same: false,
    inserted_chars: 1,
    deleted_chars: 0,
    blocks: [
      { status: "changed", type: "paragraph", runs: [{ status: "inserted", text: "x" }] },
      { status: "changed", type: "bulletList", blocks: [{ status: "inserted", type: "listItem" }] },
    ],
  });
  expect(blocks[0]?.runs).toEqual([{ status: "inserted", text: "x", marks: [], marks_before: null }]);
  expect(blocks[1]?.blocks?.[0]?.blocks).toBeNull();
});

it("says what a block was", () => {
  expect(whatItWas(block({}))).toBeNull();
  expect(
    whatItWas(block({ type: "heading", attrs: { level: 2 }, type_before: "paragraph", attrs_before: {} })),
  ).toBe("was: paragraph");
  expect(whatItWas(block({ type: "heading", attrs: { level: 2 }, attrs_before: { level: 1 } }))).toBe(
    "was: heading 1",
  );
  expect(
    whatItWas(block({ type: "taskItem", attrs: { checked: true }, attrs_before: { checked: false } })),
  ).toBe("was: to do");
  expect(
    whatItWas(block({ type: "codeBlock", attrs: { language: "python" }, attrs_before: { language: null } })),
  ).toBe("another language");
});

it("says which marks a text had", () => {
  expect(marksBefore([])).toBe("was plain");
  expect(
    marksBefore([
      { type: "bold", attrs: {} },
      { type: "strike", attrs: {} },
    ]),
  ).toBe("was bold, struck through");
  expect(marksBefore([{ type: "link", attrs: { href: "https://example.org" } }])).toBe(
    "was a link to https://example.org",
  );
});

it("sums up what happened since", () => {
  expect(summary(difference(0, 0, true))).toBe("The text is now as it was then.");
  expect(summary(difference(0, 0))).toBe("Since then only the formatting has changed.");
  expect(summary(difference(1, 0))).toBe("Since then: 1 character written.");
  expect(summary(difference(1200, 7))).toBe("Since then: 1,200 characters written, 7 characters removed.");
});
