import { request } from "@/shared/api/request";

/** What one proves with a mail, signed in or not. Each raises ApiError or NetworkError. */
export const recovery = {
  /** Any 2xx: the answer is the same whether or not there is such an account. */
  forgot: (email: string) => post("password/forgot", { email }),
  reset: (token: string, password: string) => post("password/reset", { token, password }),
  /** Likewise: a mail comes when the address has an account and is not confirmed yet. */
  resend: (email: string) => post("email/verify/resend", { email }),
  verify: (token: string) => post("email/verify", { token }),
  confirm: (token: string) => post("email/confirm", { token }),
};

function post(path: string, body: unknown): Promise<void> {
  return request(`/api/auth/${path}`, null, { method: "POST", body });
}
