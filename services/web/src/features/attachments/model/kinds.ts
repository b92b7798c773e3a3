/** What the server takes, by the endings that files of it have. */
const TYPES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  log: "text/plain",
  markdown: "text/markdown",
  md: "text/markdown",
  odp: "application/vnd.oasis.opendocument.presentation",
  ods: "application/vnd.oasis.opendocument.spreadsheet",
  odt: "application/vnd.oasis.opendocument.text",
  pdf: "application/pdf",
  png: "image/png",
  ppt: "application/vnd.ms-powerpoint",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  txt: "text/plain",
  webp: "image/webp",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  zip: "application/zip",
};
const KNOWN: ReadonlySet<string> = new Set(Object.values(TYPES));

/** What a file dialog offers. */
export const ACCEPTED = Object.keys(TYPES)
  .map((ending) => `.${ending}`)
  .join(",");

/** As the gateway has it; the server may allow less, and says so. */
export const MAX_BYTES = 50 * 1024 * 1024;
const MAX_NAME = 200;

/** The type a file is announced with; null for what cannot be attached. Systems do not know every ending's type. */
export function typeOf(name: string, stated: string): string | null {
  const type = stated.toLowerCase().split(";")[0]?.trim() ?? "";
  if (KNOWN.has(type)) return type;
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return TYPES[ending] ?? null;
}

export function isPicture(type: string): boolean {
  return type.startsWith("image/");
}

/** A name the server takes: no folders, nothing that cannot be printed, its ending kept. */
export function attachmentName(name: string): string {
  const clean = name
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/gu, "")
    .replace(/[/\\]/g, "-")
    .replace(/\s+/g, " ")
    .trim();
  const usable = clean === "" || clean === "." || clean === ".." ? "file" : clean;
  const letters = Array.from(usable);
  if (letters.length <= MAX_NAME) return usable;
  const ending = Array.from(/\.[a-z0-9]{1,10}$/i.exec(usable)?.[0] ?? "");
  return [...letters.slice(0, MAX_NAME - ending.length), ...ending].join("");
}

/** Why a file cannot be attached; null when it can. */
export function refusalOf(file: {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}): string | null {
  if (typeOf(file.name, file.type) === null) {
    return "Files of this kind cannot be attached. Put it into a zip file.";
  }
  if (file.size === 0) return "The file is empty.";
  if (file.size > MAX_BYTES) return `The file is larger than ${sizeText(MAX_BYTES)}, the most there can be.`;
  return null;
}

/** "1.5 MB", as people read it. */
export function sizeText(bytes: number): string {
  const units = ["KB", "MB", "GB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[unit]}`;
}
