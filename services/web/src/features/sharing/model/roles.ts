import type { Role } from "@/shared/api/types";
import { ROLE_NAMES } from "@/shared/api/types";

/** Roles an owner can hand out, the widest first. */
export const INVITABLE = (["editor", "commenter", "viewer"] as const satisfies readonly Role[]).map(
  (value) => ({
    value: value as Role,
    label: ROLE_NAMES[value],
  }),
);
