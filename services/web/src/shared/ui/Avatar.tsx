import { type CSSProperties, useState } from "react";
import { cx } from "../lib/cx";
import { colorFor, initials, isColor, readableInk } from "../lib/people";

interface Person {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly avatar_url?: string | null | undefined;
}

interface AvatarProps {
  readonly person: Person;
  readonly size?: "small" | "normal" | "large" | "huge";
}

/** Decoration beside a name; where it stands alone, its container names the person. */
export function Avatar({ person, size = "normal" }: AvatarProps) {
  const color = isColor(person.color) ? person.color : colorFor(person.id);
  const [broken, setBroken] = useState<string | null>(null);
  const [loaded, setLoaded] = useState<string | null>(null);
  const picture = person.avatar_url ?? null;
  const style = { "--avatar-color": color, "--avatar-ink": readableInk(color) } as CSSProperties;
  return (
    <span
      className={cx("avatar", size !== "normal" && `avatar--${size}`)}
      style={style}
      // What shines through a transparent picture is the colour alone.
      data-initials={picture !== null && picture === loaded ? "" : initials(person.name)}
      aria-hidden="true"
    >
      {/* The initials stay underneath for as long as it takes to load, and when it does not. */}
      {picture !== null && picture !== broken && (
        <img
          className="avatar__picture"
          src={picture}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={() => setLoaded(picture)}
          onError={() => setBroken(picture)}
        />
      )}
    </span>
  );
}
