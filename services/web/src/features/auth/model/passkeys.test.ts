import { expect, it } from "vitest";
import { passkeysElsewhere } from "./passkeys";

const at = (url: string) => {
  const { protocol, hostname, port } = new URL(url);
  return { protocol, hostname, port } as Location;
};

it.each([
  ["http://127.0.0.1:8080/settings", "http://localhost:8080"],
  ["https://127.0.0.1/", "https://localhost"],
  ["http://[::1]:8080/", "http://localhost:8080"],
  ["http://localhost:8080/", null],
  ["https://docs.example.org/", null],
  ["https://192.0.2.1/", null],
])("passkeys of %s work at %s", (url, expected) => {
  expect(passkeysElsewhere(at(url))).toBe(expected);
});
