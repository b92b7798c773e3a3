import type { ReactNode } from "react";
import { cx } from "@/shared/lib/cx";
import { type ChangedBlock, type ChangedRun, type Mark, marksBefore, whatItWas } from "../model/difference";
import "@/features/editor/components/text.css";
import "./history.css";

/** A text with what changed in it: coloured, and underlined or struck through, so that nobody needs the colours. */
export function Changes({ blocks }: { readonly blocks: readonly ChangedBlock[] }) {
  return (
    <div className="tiptap changes" data-testid="changes">
      <Blocks blocks={blocks} />
    </div>
  );
}

function Blocks({ blocks }: { readonly blocks: readonly ChangedBlock[] }) {
  return numbered(blocks).map(({ at, item }) => <Block key={at} block={item} />);
}

/** A difference never changes, another one is another list: what is in it goes by its place. */
function numbered<T>(items: readonly T[]): { readonly at: number; readonly item: T }[] {
  return items.map((item, at) => ({ at, item }));
}

function Block({ block }: { readonly block: ChangedBlock }) {
  if (block.status === "folded") {
    return (
      <p className="changes__folded">
        {block.count === 1 ? "1 unchanged paragraph" : `${block.count} unchanged paragraphs`}
      </p>
    );
  }
  const was = block.status === "changed" ? whatItWas(block) : null;
  const className = cx(
    block.status !== "unchanged" && "change",
    (block.status === "inserted" || block.status === "deleted") && `change--${block.status}`,
    was !== null && "change--other",
  );
  return (
    <Element block={block} className={className || undefined}>
      {fileLabel(block)}
      {was !== null && <span className="change__note">{was}</span>}
      {numbered(block.runs ?? []).map(({ at, item }) => (
        <Run key={at} run={item} />
      ))}
      {block.blocks !== null && <Blocks blocks={block.blocks} />}
    </Element>
  );
}

interface ElementProps {
  readonly block: ChangedBlock;
  readonly className: string | undefined;
  readonly children: ReactNode;
}

const PLAIN_TAGS: Readonly<Record<string, "blockquote" | "ul" | "li" | "tr" | "p">> = {
  blockquote: "blockquote",
  bulletList: "ul",
  listItem: "li",
  tableRow: "tr",
  paragraph: "p",
};

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Pictures and files by what they are called: they are not part of the text. */
function fileLabel({ type, attrs }: ChangedBlock): ReactNode {
  if (type !== "image" && type !== "file") return null;
  const name = type === "image" ? attrs.alt : attrs.name;
  const kind = type === "image" ? "Picture" : "File";
  return (
    <span className="changes__file">
      {typeof name === "string" && name !== "" ? `${kind}: ${name}` : kind}
    </span>
  );
}

function Element({ block: { type, attrs, status }, className, children }: ElementProps) {
  const parts = { className, "data-status": status };
  switch (type) {
    case "heading": {
      // The page has its own first heading.
      const level = number(attrs.level) ?? 1;
      const Heading = level === 1 ? "h2" : level === 2 ? "h3" : "h4";
      return (
        <Heading {...parts} className={cx(className, `changes__h${level}`)}>
          {children}
        </Heading>
      );
    }
    case "codeBlock":
      return (
        <pre {...parts}>
          <code>{children}</code>
        </pre>
      );
    case "orderedList":
      return (
        <ol {...parts} start={number(attrs.start)}>
          {children}
        </ol>
      );
    case "taskList":
      return (
        <ul {...parts} className={cx(className, "changes__tasks")}>
          {children}
        </ul>
      );
    case "taskItem":
      return (
        <li {...parts} className={cx(className, attrs.checked === true && "changes__done")}>
          <span className="visually-hidden">{attrs.checked === true ? "Done: " : "To do: "}</span>
          {children}
        </li>
      );
    case "table":
      return (
        <table {...parts}>
          <tbody>{children}</tbody>
        </table>
      );
    case "tableCell":
    case "tableHeader": {
      const Cell = type === "tableHeader" ? "th" : "td";
      return (
        <Cell {...parts} colSpan={number(attrs.colspan)} rowSpan={number(attrs.rowspan)}>
          {children}
        </Cell>
      );
    }
    case "horizontalRule":
      return <hr {...parts} />;
    default: {
      const Plain = PLAIN_TAGS[type] ?? "div";
      return <Plain {...parts}>{children}</Plain>;
    }
  }
}

function Run({ run }: { readonly run: ChangedRun }) {
  const text = <Marked marks={run.marks}>{run.text}</Marked>;
  if (run.status === "inserted") return <ins className="run run--inserted">{text}</ins>;
  if (run.status === "deleted") return <del className="run run--deleted">{text}</del>;
  if (run.status === "kept") return text;
  const was = marksBefore(run.marks_before ?? []);
  return (
    <span className="run run--changed" title={was}>
      {text}
      <span className="visually-hidden"> ({was})</span>
    </span>
  );
}

function Marked({ marks, children }: { readonly marks: readonly Mark[]; readonly children: ReactNode }) {
  const [mark, ...inner] = marks;
  if (mark === undefined) return children;
  const inside = <Marked marks={inner}>{children}</Marked>;
  switch (mark.type) {
    case "bold":
      return <strong>{inside}</strong>;
    case "italic":
      return <em>{inside}</em>;
    case "strike":
      return <s>{inside}</s>;
    case "underline":
      return <u>{inside}</u>;
    case "code":
      return <code>{inside}</code>;
    case "highlight":
      return <mark>{inside}</mark>;
    case "link":
      // To be looked at, not followed.
      return (
        <span className="changes__link" title={String(mark.attrs.href ?? "")}>
          {inside}
        </span>
      );
    default:
      return inside;
  }
}
