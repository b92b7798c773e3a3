import * as v from "valibot";

const Attributes = v.record(v.string(), v.unknown());

const Mark = v.object({ type: v.string(), attrs: v.optional(Attributes, {}) });
export type Mark = v.InferOutput<typeof Mark>;

/** A piece of a block's text. `changed`: the text is the same, its marks were others. */
const ChangedRun = v.object({
  status: v.picklist(["kept", "inserted", "deleted", "changed"]),
  text: v.string(),
  marks: v.optional(v.array(Mark), []),
  marks_before: v.optional(v.nullable(v.array(Mark)), null),
});
export type ChangedRun = v.InferOutput<typeof ChangedRun>;

export type BlockStatus = "unchanged" | "inserted" | "deleted" | "changed" | "folded";

export interface ChangedBlock {
  readonly status: BlockStatus;
  readonly type: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly type_before: string | null;
  readonly attrs_before: Readonly<Record<string, unknown>> | null;
  readonly runs: readonly ChangedRun[] | null;
  readonly blocks: readonly ChangedBlock[] | null;
  /** Of `folded`: how many unchanged blocks it stands for. */
  readonly count: number;
}

const ChangedBlock: v.GenericSchema<unknown, ChangedBlock> = v.object({
  status: v.picklist(["unchanged", "inserted", "deleted", "changed", "folded"]),
  type: v.string(),
  attrs: v.optional(Attributes, {}),
  type_before: v.optional(v.nullable(v.string()), null),
  attrs_before: v.optional(v.nullable(Attributes), null),
  runs: v.optional(v.nullable(v.array(ChangedRun)), null),
  blocks: v.optional(v.nullable(v.array(v.lazy(() => ChangedBlock))), null),
  count: v.optional(v.number(), 0),
});

/** What made the text of a version into the present one. */
export const Difference = v.object({
  before: v.string(),
  after: v.nullable(v.string()),
  same: v.boolean(),
  inserted_chars: v.number(),
  deleted_chars: v.number(),
  blocks: v.array(ChangedBlock),
});
export type Difference = v.InferOutput<typeof Difference>;

const BLOCK_NAMES: Readonly<Record<string, string>> = {
  paragraph: "paragraph",
  heading: "heading",
  codeBlock: "code",
  blockquote: "quote",
  bulletList: "list",
  orderedList: "numbered list",
  taskList: "checklist",
  taskItem: "checklist item",
  listItem: "list item",
  table: "table",
  tableRow: "row",
  tableCell: "cell",
  tableHeader: "header cell",
  horizontalRule: "line across",
  image: "picture",
  file: "file",
};

function blockName(type: string, attrs: Readonly<Record<string, unknown>>): string {
  const name = BLOCK_NAMES[type] ?? type;
  return type === "heading" && typeof attrs.level === "number" ? `${name} ${attrs.level}` : name;
}

/** What a changed block was, where it is more than its text that changed. */
export function whatItWas(block: ChangedBlock): string | null {
  const { type, type_before, attrs, attrs_before } = block;
  if (type_before !== null || (type === "heading" && attrs_before !== null)) {
    return `was: ${blockName(type_before ?? type, attrs_before ?? attrs)}`;
  }
  if (attrs_before === null) return null;
  if (type === "taskItem") return attrs_before.checked === true ? "was: done" : "was: to do";
  const names = [...new Set([...Object.keys(attrs), ...Object.keys(attrs_before)])];
  const changed = names.filter((name) => JSON.stringify(attrs[name]) !== JSON.stringify(attrs_before[name]));
  return changed.length === 0 ? null : `another ${changed.join(", ")}`;
}

const MARK_NAMES: Readonly<Record<string, string>> = { strike: "struck through", highlight: "highlighted" };

/** "was bold, italic" or "was plain"; a link names its address. */
export function marksBefore(marks: readonly Mark[]): string {
  const names = marks.map(({ type, attrs }) =>
    type === "link" ? `a link to ${String(attrs.href)}` : (MARK_NAMES[type] ?? type),
  );
  return `was ${names.length === 0 ? "plain" : names.join(", ")}`;
}

function chars(count: number): string {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? "character" : "characters"}`;
}

/** What happened since, in a sentence. */
export function summary({ same, inserted_chars, deleted_chars }: Difference): string {
  if (same) return "The text is now as it was then.";
  if (inserted_chars === 0 && deleted_chars === 0) return "Since then only the formatting has changed.";
  const parts = [
    inserted_chars > 0 ? `${chars(inserted_chars)} written` : null,
    deleted_chars > 0 ? `${chars(deleted_chars)} removed` : null,
  ].filter((part) => part !== null);
  return `Since then: ${parts.join(", ")}.`;
}
