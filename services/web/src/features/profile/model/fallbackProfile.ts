import type { Profile } from "@/shared/api/types";
import { colorFor } from "@/shared/lib/people";

/** "ada.lovelace@example.org" → Ada Lovelace, in a colour that stays the same. */
export function fallbackProfile({ id, email }: { readonly id: string; readonly email: string }): Profile {
  const local = email.split("@")[0] ?? "";
  const words = local.split(/[._+-]+/).filter(Boolean);
  const name = words.map((word) => word.charAt(0).toLocaleUpperCase() + word.slice(1)).join(" ");
  return { id, email, name: name || email, color: colorFor(id) };
}
