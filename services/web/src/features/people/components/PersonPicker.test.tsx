// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ADA, serve, show, signInAsAda } from "@/test/app";
import { PersonPicker } from "./PersonPicker";

const BEN = { id: "u2", name: "Ben Example", email: null, color: "#1d4ed8", avatar_url: null };
const BEA = { id: "u3", name: "Bea Example", email: "bea@example.org", color: "#1d4ed8", avatar_url: null };

const choose = vi.fn();

function showPicker(found: readonly object[]) {
  const calls = serve({ "GET /api/users/search": () => Response.json({ items: found }) });
  show(
    <PersonPicker label="Add" without={new Set([ADA.id])} busy={false} testId="picker" onChoose={choose} />,
  );
  return calls;
}

beforeEach(signInAsAda);
afterEach(() => {
  choose.mockReset();
  vi.unstubAllGlobals();
});

it("finds people by name, and chooses one by keys alone", async () => {
  showPicker([ADA, BEA, BEN]);
  await userEvent.type(screen.getByTestId("picker"), "be");
  const options = await screen.findAllByTestId("person-option");
  // Who is there already is not offered.
  expect(options.map(({ textContent }) => textContent)).toEqual([
    "Bea Examplebea@example.org",
    "Ben Example",
  ]);
  await userEvent.keyboard("{ArrowDown}");
  const field = screen.getByTestId("picker");
  expect(field.getAttribute("aria-activedescendant")).toBe(options[1]?.id);
  await userEvent.keyboard("{Enter}");
  expect(choose).toHaveBeenCalledWith({ user_id: "u2" }, "Ben Example");
  expect(screen.getByTestId<HTMLInputElement>("picker").value).toBe("");
});

it("takes a whole address as it is, unless somebody found has it", async () => {
  showPicker([]);
  await userEvent.type(screen.getByTestId("picker"), " cy@example.org ");
  expect((await screen.findByTestId("person-option")).textContent).toBe("Add cy@example.org");
  await userEvent.keyboard("{Enter}");
  expect(choose).toHaveBeenCalledWith({ email: "cy@example.org" }, "cy@example.org");
});

it("offers a person once, not their address beside them", async () => {
  showPicker([BEA]);
  await userEvent.type(screen.getByTestId("picker"), "bea@example.org");
  await waitFor(() =>
    expect(screen.getAllByTestId("person-option").map(({ textContent }) => textContent)).toEqual([
      "Bea Examplebea@example.org",
    ]),
  );
});

it("says when nobody is found, and closes with Escape", async () => {
  showPicker([]);
  await userEvent.type(screen.getByTestId("picker"), "zz");
  expect(await screen.findByText(/Nobody is found/)).toBeTruthy();
  await userEvent.type(screen.getByTestId("picker"), "@zz");
  expect(await screen.findByTestId("person-option")).toBeTruthy();
  await userEvent.keyboard("{Escape}");
  expect(screen.getByTestId("picker").getAttribute("aria-expanded")).toBe("false");
  await userEvent.keyboard("{Enter}");
  expect(choose).not.toHaveBeenCalled();
});
