// @vitest-environment jsdom
import "@/test/dom";
import { fireEvent, render } from "@testing-library/react";
import { expect, it } from "vitest";
import { Avatar } from "./Avatar";

const ADA = { id: "u1", name: "Ada Lovelace", color: "#0f766e" };

it("shows initials until the picture is there, and again when it does not come", () => {
  const { container, rerender } = render(<Avatar person={{ ...ADA, avatar_url: "/a?v=1" }} />);
  const avatar = () => container.querySelector<HTMLElement>(".avatar");
  const picture = () => container.querySelector("img");
  expect(avatar()?.dataset.initials).toBe("AL");
  fireEvent.load(picture() as HTMLImageElement);
  expect(avatar()?.dataset.initials).toBe("");
  // Another picture begins again.
  rerender(<Avatar person={{ ...ADA, avatar_url: "/a?v=2" }} />);
  expect(avatar()?.dataset.initials).toBe("AL");
  fireEvent.error(picture() as HTMLImageElement);
  expect(picture()).toBeNull();
  expect(avatar()?.dataset.initials).toBe("AL");
});

it("takes a colour of its own where the person's is none", () => {
  const { container } = render(<Avatar person={{ ...ADA, color: "red;" }} />);
  const style = container.querySelector<HTMLElement>(".avatar")?.style;
  expect(style?.getPropertyValue("--avatar-color")).toMatch(/^#[0-9a-f]{6}$/);
});
