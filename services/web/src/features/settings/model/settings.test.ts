import { expect, it } from "vitest";
import { auditSentence, isAlarming } from "./audit";
import { expiryDays, scopeLabel } from "./scopes";
import { describeDevice } from "./userAgent";

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Novel/1.0", "Browser on Linux"],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
    "Edge on Windows",
  ],
  [
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
    "Chrome on Android",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Safari on macOS",
  ],
  ["curl/8.9.1", "curl"],
  [null, "Unknown device"],
])("%j is %s", (userAgent, device) => {
  expect(describeDevice(userAgent)).toBe(device);
});

it("has words for events, also for those it does not know", () => {
  expect(auditSentence("session.began")).toBe("Signed in");
  expect(auditSentence("moon.landed-on")).toBe("moon landed on");
  expect(isAlarming("sign-in.refused")).toBe(true);
});

it("knows scopes and expiries", () => {
  expect(scopeLabel("documents:read")).toBe("Read documents");
  expect(scopeLabel("new:scope")).toBe("new:scope");
  expect(expiryDays("")).toBeNull();
  expect(expiryDays("30")).toBe(30);
});
