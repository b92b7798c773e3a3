import type { SecondFactorOffer } from "@/shared/api/types";

/** How long a provider's callback gives for the second step; the server decides, this only fills the field. */
const STEP_S = 300;

/** The token behind `#token=` in a mail's link, which no server gets to see; null when it is missing. */
export function tokenOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") || null;
}

interface SecondStep {
  readonly offer: SecondFactorOffer;
  readonly returnTo: string | null;
}

/** What a provider's callback leaves behind `#` when it is not enough: the same offer that a password leads to. */
export function secondStepOf(hash: string): SecondStep | null {
  const said = new URLSearchParams(hash.replace(/^#/, ""));
  const token = said.get("second_factor");
  if (!token) return null;
  const methods = (said.get("methods") ?? "").split(",").filter(Boolean);
  return { offer: { token, methods, expires_in_s: STEP_S }, returnTo: said.get("return_to") };
}
