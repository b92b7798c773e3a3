/** What each event of the auth service's log is to a person. */
const SENTENCES: Readonly<Record<string, string>> = {
  "account.registered": "Account created",
  "account.created": "Account created by an administrator",
  "account.promoted": "Made an administrator",
  "account.demoted": "No longer an administrator",
  "account.disabled": "Account disabled",
  "account.enabled": "Account enabled again",
  "account.erased": "Account deleted for good",
  "account.exported": "Data downloaded",
  "session.began": "Signed in",
  "session.ended": "Signed out",
  "session.reused": "A sign-in was used twice and ended, for safety",
  "sessions.ended": "Signed out elsewhere",
  "sign-in.refused": "Sign-in refused",
  "password.changed": "Password changed",
  "password.reset": "Password reset by a mail",
  "password.reset-requested": "Password reset asked for",
  "email.verified": "E-mail address confirmed",
  "email.change-requested": "Change of the e-mail address asked for",
  "email.changed": "E-mail address changed",
  "second-factor.refused": "Wrong code",
  "second-factors.reset": "Second factors reset by an operator",
  "totp.added": "Authenticator app set up",
  "totp.removed": "Authenticator app removed",
  "recovery-codes.made": "New recovery codes made",
  "recovery-code.used": "Recovery code used",
  "passkey.added": "Passkey added",
  "passkey.renamed": "Passkey renamed",
  "passkey.removed": "Passkey removed",
  "identity.linked": "Sign-in with a provider linked",
  "identity.unlinked": "Sign-in with a provider unlinked",
  "token.made": "API token made",
  "token.revoked": "API token revoked",
  "keys.rotated": "Signing keys changed",
};

/** The events that are known here, in the order of what they are about. */
export const AUDIT_EVENTS: readonly string[] = Object.keys(SENTENCES);

const ALARMING: ReadonlySet<string> = new Set(["sign-in.refused", "session.reused", "second-factor.refused"]);

/** A sentence for an event; a newer server's own word for one that is not known here. */
export function auditSentence(event: string): string {
  return SENTENCES[event] ?? event.replace(/[.-]/g, " ");
}

export function isAlarming(event: string): boolean {
  return ALARMING.has(event);
}
