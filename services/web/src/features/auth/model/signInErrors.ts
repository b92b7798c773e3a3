/** Both the callback of another provider and signing in by password say so. */
export const UNVERIFIED = "email-not-verified";

/** What the callback of another provider tells the page for signing in, in its address. */
const MESSAGES: Readonly<Record<string, string>> = {
  "oidc-cancelled": "Signing in was cancelled at the provider.",
  "oidc-expired": "Signing in with the provider took too long. Try again.",
  "oidc-failed": "The provider's answer could not be accepted. Try again.",
  "oidc-provider-unavailable": "The provider cannot be reached at the moment. Try again later.",
  "oidc-email-missing": "The provider does not tell your e-mail address, which an account needs.",
  "oidc-email-not-verified": "The provider has not verified your e-mail address yet. Verify it there first.",
  "oidc-email-taken":
    "There is an account with your e-mail address already. Sign in to it with its password instead.",
  "oidc-registration-closed":
    "You have no account here, and nobody can register. Ask an administrator for one.",
  "account-disabled": "This account is disabled. Ask an administrator.",
  [UNVERIFIED]: "Your e-mail address is not verified yet. Open the link in the mail we sent you.",
  unavailable: "Signing in is not possible at the moment. Try again shortly.",
};

/** A sentence for the `error` of the address; whatever else stands there is not repeated to the person. */
export function signInError(code: string | null): string | null {
  if (code === null) return null;
  return MESSAGES[code] ?? "Signing in did not work. Try again.";
}
