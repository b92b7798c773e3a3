import type { Credentials, Registration } from "./sessionStore";

export type FieldErrors<T> = Partial<Record<keyof T, string>>;

/** Mirrors the server's own rule, which decides. */
export const MIN_PASSWORD_LENGTH = 8;

const EMAIL = /^[^\s@]+@[^\s@]+$/;

export function checkCredentials({ email, password }: Credentials): FieldErrors<Credentials> {
  return { ...checkEmail(email), ...(password === "" ? { password: "Enter your password." } : {}) };
}

export function checkRegistration({ email, password, name }: Registration): FieldErrors<Registration> {
  return {
    ...(name.trim() === "" ? { name: "Enter your name, as others should see it." } : {}),
    ...checkEmail(email),
    ...checkNewPassword(password),
  };
}

export function checkNewPassword(password: string): { password?: string } {
  return password.length < MIN_PASSWORD_LENGTH
    ? { password: `Use at least ${MIN_PASSWORD_LENGTH} characters.` }
    : {};
}

export function checkEmail(email: string): { email?: string } {
  if (email.trim() === "") return { email: "Enter your e-mail address." };
  return EMAIL.test(email.trim()) ? {} : { email: "This does not look like an e-mail address." };
}
