import type { SuggestionProps } from "@tiptap/suggestion";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import type { Block } from "../extensions/blocks";

export interface SlashListHandle {
  /** Whether the key was for the list. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean;
}

type SlashListProps = SuggestionProps<Block, Block> & { readonly ref?: Ref<SlashListHandle> };

export function SlashList({ items, command, query, ref }: SlashListProps) {
  const [chosen, setChosen] = useState({ query, index: 0 });
  // Typing changes the list; the choice starts again at its top.
  const index = chosen.query === query ? Math.min(chosen.index, Math.max(0, items.length - 1)) : 0;
  const listRef = useRef<HTMLDivElement>(null);

  useImperativeHandle(ref, () => {
    const move = (by: number) => setChosen({ query, index: (index + by + items.length) % items.length });
    const choose = () => {
      const block = items[index];
      if (block) command(block);
    };
    return {
      onKeyDown: ({ key }) => {
        if (items.length === 0) return false;
        if (key === "Enter" || key === "Tab") choose();
        else if (key === "ArrowDown") move(1);
        else if (key === "ArrowUp") move(-1);
        else return false;
        return true;
      },
    };
  });

  useEffect(() => {
    listRef.current?.children[index]?.scrollIntoView({ block: "nearest" });
  }, [index]);

  if (items.length === 0)
    return <div className="menu slash-list slash-list--empty">No block is called that</div>;
  return (
    <div
      ref={listRef}
      className="menu slash-list"
      role="listbox"
      aria-label="Blocks to insert"
      data-testid="slash-menu"
    >
      {items.map((block, at) => (
        <button
          key={block.name}
          type="button"
          role="option"
          aria-selected={at === index}
          className="slash-list__item"
          tabIndex={-1}
          onMouseEnter={() => setChosen({ query, index: at })}
          // The editor must keep its focus and selection.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => command(block)}
        >
          <span className="slash-list__icon" aria-hidden="true">
            <block.icon size={18} />
          </span>
          <span>
            <span className="slash-list__name">{block.name}</span>
            <span className="slash-list__hint">{block.hint}</span>
          </span>
        </button>
      ))}
    </div>
  );
}
