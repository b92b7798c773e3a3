// @vitest-environment jsdom
import "@/test/dom";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ADA, serve, show, signInAsAda } from "@/test/app";
import { CommentField } from "./CommentField";

const LIN = { id: "u2", name: "Lin Chen", email: "lin@example.org", color: "#1d4ed8" };

beforeEach(() => {
  signInAsAda();
  serve({
    "GET /api/documents/d1/members": () =>
      Response.json({
        items: [
          { user: ADA, role: "owner" },
          { user: LIN, role: "viewer" },
        ],
        teams: [],
      }),
    "GET /api/users/search": () =>
      Response.json({
        items: [{ id: "u3", name: "Lina Far", email: null, color: "#b91c1c", avatar_url: null }],
      }),
  });
});
afterEach(() => vi.unstubAllGlobals());

it("offers people of the document first, mentions by keyboard, and sends whom", async () => {
  const send = vi.fn(() => Promise.resolve(true));
  show(
    <CommentField documentId="d1" label="Reply" action="Reply" busy={false} testId="reply" onSend={send} />,
  );
  const field = screen.getByTestId<HTMLTextAreaElement>("reply");
  await userEvent.type(field, "Ask @li");
  await waitFor(() => expect(screen.getAllByTestId("mention-option")).toHaveLength(2));
  expect(screen.getAllByTestId("mention-option").map((option) => option.textContent)).toEqual([
    "Lin Chen",
    "Lina Far",
  ]);
  await userEvent.keyboard("{ArrowDown}{ArrowUp}{Enter}");
  expect(field.value).toBe("Ask @Lin Chen ");
  expect(screen.queryByTestId("mention-option")).toBeNull();
  // The caret goes behind the name with the next frame.
  await new Promise((resolve) => requestAnimationFrame(resolve));
  await userEvent.type(field, "about it");
  await userEvent.click(screen.getByTestId("reply-send"));
  expect(send).toHaveBeenCalledWith({ body: "Ask @Lin Chen about it", mentions: ["u2"] });
  await waitFor(() => expect(field.value).toBe(""));
});

it("keeps what was typed when it could not be sent", async () => {
  const send = vi.fn(() => Promise.resolve(false));
  show(
    <CommentField documentId="d1" label="Reply" action="Reply" busy={false} testId="reply" onSend={send} />,
  );
  const field = screen.getByTestId<HTMLTextAreaElement>("reply");
  await userEvent.type(field, "words{Control>}{Enter}{/Control}");
  expect(send).toHaveBeenCalledTimes(1);
  expect(field.value).toBe("words");
});
