// What Yjs itself makes of updates: a JSON array of jobs a line on standard input, the array of answers a line on standard output.
// A job lists updates in base64; its answer is a view of the document that is equal exactly when the contents are.

import { createInterface } from "node:readline";
import * as Y from "yjs";

// Of an epoch, not of a client: the highest client ids stand for the lives of a document.
const firstMarker = 2 ** 53 - 2 ** 26;

function plain(value) {
  if (value instanceof Y.XmlElement) {
    return { element: value.nodeName, attributes: sorted(value.getAttributes()), children: value.toArray().map(plain) };
  }
  if (value instanceof Y.XmlFragment) return { fragment: value.toArray().map(plain) };
  if (value instanceof Y.Text) return { text: delta(value) };
  if (value instanceof Y.Map) return { map: sorted(Object.fromEntries(value.entries())) };
  if (value instanceof Y.Array) return { array: value.toArray().map(plain) };
  if (value instanceof Y.Doc) return { document: value.guid };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(plain);
  // yrs makes a number of a BigInt that is small enough to be one.
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : { integer: String(value) };
  if (value === undefined) return { nothing: true };
  if (value !== null && typeof value === "object") return { object: sorted(value) };
  return value;
}

function sorted(object) {
  return Object.keys(object).sort().map((key) => [key, plain(object[key])]);
}

// Marks that change nothing split a text into more parts than it has formats.
function delta(text) {
  const parts = [];
  for (const { insert, attributes } of text.toDelta()) {
    const format = JSON.stringify(sorted(attributes ?? {}));
    const last = parts.at(-1);
    if (typeof insert === "string" && last?.format === format && typeof last.insert === "string") last.insert += insert;
    else parts.push({ insert: plain(insert), format });
  }
  return parts;
}

function view(doc) {
  const vector = [...Y.decodeStateVector(Y.encodeStateVector(doc))].filter(([client]) => client < firstMarker);
  return {
    content: JSON.stringify({
      text: plain(doc.getText("text")),
      map: plain(doc.getMap("map")),
      array: plain(doc.getArray("array")),
      xml: plain(doc.getXmlFragment("xml")),
    }),
    vector: Object.fromEntries(vector.sort(([first], [second]) => first - second)),
    pending: doc.store.pendingStructs !== null || doc.store.pendingDs !== null,
  };
}

function answer({ updates }) {
  const doc = new Y.Doc();
  try {
    for (const update of updates) Y.applyUpdate(doc, Buffer.from(update, "base64"));
    return { ...view(doc), state: Buffer.from(Y.encodeStateAsUpdate(doc)).toString("base64") };
  } catch (error) {
    return { error: String(error) };
  }
}

console.error = () => {};
console.warn = () => {};
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(JSON.parse(line).map(answer))}\n`);
}
