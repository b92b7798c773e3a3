/** Browsers in the order in which they have to be looked for: most claim to be others as well. */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*Safari\//, "Safari"],
] as const;

const SYSTEMS = [
  [/\bAndroid\b/, "Android"],
  [/\b(?:iPhone|iPad)\b/, "iOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
] as const;

const MAX_CHARS = 60;

/** "Firefox on Linux": enough to know one's own devices by; other programs by the name they give themselves. */
export function describeDevice(userAgent: string | null): string {
  if (userAgent === null || userAgent.trim() === "") return "Unknown device";
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  // Every browser calls itself that.
  const shown = browser ?? (userAgent.startsWith("Mozilla/") ? "Browser" : undefined);
  if (shown === undefined) return (userAgent.split(/[\s/]/)[0] ?? userAgent).slice(0, MAX_CHARS);
  return system === undefined ? shown : `${shown} on ${system}`;
}
