// @vitest-environment jsdom
import "@/test/dom";
import { expect, it } from "vitest";
import { applyTheme, followTheme, storedTheme, theme } from "./theme";

it("follows the account when that says something new, and keeps the device's own choice otherwise", () => {
  applyTheme("dark");
  followTheme("system");
  expect(storedTheme()).toBe("dark");
  followTheme("light");
  expect(theme.get()).toBe("light");
  expect(document.documentElement.dataset.theme).toBe("light");
  applyTheme("dark");
  followTheme("light");
  expect(theme.get()).toBe("dark");
  followTheme("system");
  expect(theme.get()).toBe("system");
  expect(document.documentElement.dataset.theme).toBeUndefined();
});
