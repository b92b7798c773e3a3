import type { LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import { Link } from "wouter";

interface SectionNavProps {
  readonly label: string;
  readonly sections: readonly { readonly id: string; readonly name: string; readonly icon: LucideIcon }[];
  readonly current: string;
  /** The page whose sections these are. */
  readonly path: string;
}

/** The sections of a page of settings, of which one is shown. */
export function SectionNav({ label, sections, current, path }: SectionNavProps) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the sections are a row that scrolls.
    nav.current?.querySelector(`[data-testid="section-${current}"]`)?.scrollIntoView?.({ block: "nearest" });
  }, [current]);
  return (
    <nav ref={nav} className="settings__nav" aria-label={label}>
      {sections.map(({ id, name, icon: Icon }) => (
        <Link
          key={id}
          className="settings__link"
          href={`${path}?section=${id}`}
          aria-current={id === current ? "page" : undefined}
          data-testid={`section-${id}`}
        >
          <Icon size={17} aria-hidden="true" />
          {name}
        </Link>
      ))}
    </nav>
  );
}
