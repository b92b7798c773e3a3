import { type QueryClient, useQuery } from "@tanstack/react-query";
import * as v from "valibot";
import { Ceremony } from "@/features/auth/api/secondStep";
import { makePasskey } from "@/features/auth/model/passkeys";
import { authorized } from "@/features/auth/session";
import { settingsKeys } from "./keys";

/** That it is the person, and not who found their browser open. */
export interface Proof {
  readonly password?: string;
  readonly code?: string;
}

const TotpState = v.object({ enabled: v.boolean(), recovery_codes_left: v.number() });
const TotpPending = v.object({ secret: v.string(), uri: v.string(), qr_svg: v.string() });
export type TotpPending = v.InferOutput<typeof TotpPending>;
const Codes = v.object({ recovery_codes: v.array(v.string()) });
const Passkey = v.object({
  id: v.string(),
  name: v.string(),
  backed_up: v.boolean(),
  created_at: v.string(),
  last_used_at: v.nullable(v.string()),
});
export type Passkey = v.InferOutput<typeof Passkey>;
const MadePasskey = v.object({ ...Passkey.entries, recovery_codes: v.nullable(v.array(v.string())) });

export function useTotp() {
  return useQuery({
    queryKey: settingsKeys.totp,
    queryFn: ({ signal }) => authorized("/api/auth/totp", TotpState, { signal }),
  });
}

export function usePasskeys() {
  return useQuery({
    queryKey: settingsKeys.passkeys,
    queryFn: async ({ signal }) =>
      (await authorized("/api/auth/passkeys", v.object({ items: v.array(Passkey) }), { signal })).items,
  });
}

/** What any change of one's factors makes stale. */
export async function refreshFactors(client: QueryClient): Promise<void> {
  const keys = [settingsKeys.account, settingsKeys.totp, settingsKeys.passkeys, settingsKeys.audit];
  await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
}

/** Each raises ApiError (`proof-wrong`, `code-wrong`, …), NetworkError or SessionEndedError. */
export const factors = {
  beginTotp: (proof: Proof) => authorized("/api/auth/totp", TotpPending, { method: "POST", body: proof }),
  confirmTotp: async (code: string) =>
    (await authorized("/api/auth/totp/confirm", Codes, { method: "POST", body: { code } })).recovery_codes,
  removeTotp: (proof: Proof) => authorized("/api/auth/totp", null, { method: "DELETE", body: proof }),
  renewCodes: async (proof: Proof) =>
    (await authorized("/api/auth/recovery-codes", Codes, { method: "POST", body: proof })).recovery_codes,
  beginPasskey: (proof: Proof) =>
    authorized("/api/auth/passkeys/options", Ceremony, { method: "POST", body: proof }),
  /** Has the browser make the passkey, which may raise PasskeyError. */
  createPasskey: async (ceremony: v.InferOutput<typeof Ceremony>, name: string) => {
    const credential = await makePasskey(ceremony.options);
    const body = { state: ceremony.state, credential, name };
    return authorized("/api/auth/passkeys", MadePasskey, { method: "POST", body });
  },
  renamePasskey: (id: string, name: string) =>
    authorized(`/api/auth/passkeys/${id}`, Passkey, { method: "PATCH", body: { name } }),
  removePasskey: (id: string, proof: Proof) =>
    authorized(`/api/auth/passkeys/${id}`, null, { method: "DELETE", body: proof }),
};
