interface Scope {
  readonly value: string;
  readonly label: string;
  readonly adminsOnly?: boolean;
}

/** What a token can be allowed; writing does not include reading. */
export const SCOPES: readonly Scope[] = [
  { value: "documents:read", label: "Read documents" },
  { value: "documents:write", label: "Write documents" },
  { value: "profile:read", label: "Read the profile" },
  { value: "profile:write", label: "Change the profile" },
  { value: "admin", label: "Administration", adminsOnly: true },
];

export function scopeLabel(value: string): string {
  return SCOPES.find((scope) => scope.value === value)?.label ?? value;
}

/** How long a token works; the value is what a `select` has. */
export const EXPIRIES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "One year" },
  { value: "", label: "Until it is revoked" },
] as const;

export function expiryDays(value: string): number | null {
  return value === "" ? null : Number(value);
}
