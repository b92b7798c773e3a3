/** Where the WebSocket of a document is, seen from the page: same host, and encrypted when the page is. */
export function collaborationUrl(
  page: { readonly protocol: string; readonly host: string },
  documentId: string,
): string {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${page.host}/collaboration/${encodeURIComponent(documentId)}`;
}
