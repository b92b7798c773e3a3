/** Gives a file to the browser's own downloads. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  // Not in this turn: the browser reads the address only after it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
