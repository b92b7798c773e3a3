export const settingsKeys = {
  account: ["settings", "account"],
  sessions: ["settings", "sessions"],
  totp: ["settings", "totp"],
  passkeys: ["settings", "passkeys"],
  tokens: ["settings", "tokens"],
  audit: ["settings", "audit"],
} as const;
