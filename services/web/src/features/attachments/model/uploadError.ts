import { ApiError, explain, NetworkError } from "@/shared/api/errors";
import { MAX_BYTES, sizeText } from "./kinds";

const BY_SLUG: Readonly<Record<string, string>> = {
  "attachments-off": "This server has no place for files.",
  "role-too-low": "You may not change this document any more.",
  "upload-differs": "It changed on the way. Try again.",
  "body-too-large": `The file is larger than ${sizeText(MAX_BYTES)}.`,
};
const BY_FIELD: Readonly<Record<string, string>> = {
  type: "Files of this kind cannot be attached.",
  size: "The file is larger than this server allows.",
};

/** What to say of a file that was not attached. */
export function uploadError(error: unknown): string {
  if (error instanceof NetworkError) {
    return navigator.onLine === false
      ? "There is no connection. Try again when there is."
      : "The server cannot be reached. Try again.";
  }
  const said = error instanceof ApiError ? refused(error) : undefined;
  return said ?? explain(error, "attach the file");
}

function refused({ problem: { slug, fields, detail } }: ApiError): string | undefined {
  if (slug === "attachment-quota-reached") return `There is no room for it. ${detail}`.trim();
  return BY_SLUG[slug] ?? fields.map(({ field }) => BY_FIELD[field]).find((text) => text !== undefined);
}
