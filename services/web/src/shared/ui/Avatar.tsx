import type { CSSProperties } from "react";
import { cx } from "../lib/cx";
import { colorFor, initials, isColor, readableInk } from "../lib/people";

interface Person {
  readonly id: string;
  readonly name: string;
  readonly color: string;
}

interface AvatarProps {
  readonly person: Person;
  readonly size?: "small" | "normal" | "large";
}

/** Decoration beside a name; where it stands alone, its container names the person. */
export function Avatar({ person, size = "normal" }: AvatarProps) {
  const color = isColor(person.color) ? person.color : colorFor(person.id);
  const style = { "--avatar-color": color, "--avatar-ink": readableInk(color) } as CSSProperties;
  return (
    <span
      className={cx("avatar", size !== "normal" && `avatar--${size}`)}
      style={style}
      data-initials={initials(person.name)}
      aria-hidden="true"
    />
  );
}
