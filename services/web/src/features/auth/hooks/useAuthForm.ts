import { type FormEvent, useState } from "react";
import { ApiError, explain, NetworkError, retryHint } from "@/shared/api/errors";
import type { FieldErrors } from "../model/validate";

interface AuthForm<T> {
  readonly values: T;
  readonly fieldErrors: FieldErrors<T>;
  readonly formError: string | null;
  readonly slug: string | null;
  readonly busy: boolean;
  readonly change: (field: keyof T, value: string) => void;
  readonly reset: () => void;
  readonly submit: (event: FormEvent<HTMLFormElement>) => void;
}

interface Failure<T> {
  readonly fields: FieldErrors<T>;
  readonly form: string | null;
  readonly slug: string | null;
}

interface AuthFormOptions<T> {
  readonly initial: T;
  readonly check: (values: T) => FieldErrors<T>;
  readonly send: (values: T) => Promise<void>;
}

/** Puts each message of a problem beside the field it is about, and the rest above the form. */
export function failureOf<T extends object>(error: unknown, values: T): Failure<T> {
  if (!(error instanceof ApiError)) {
    const form =
      error instanceof NetworkError
        ? "The server cannot be reached. Check your connection and try again."
        : "Something went wrong. Try again.";
    return { fields: {}, form, slug: null };
  }
  const known = error.problem.fields.filter(({ field }) => field in values);
  const fields = Object.fromEntries(known.map(({ field, message }) => [field, message])) as FieldErrors<T>;
  const form = known.length > 0 ? null : formMessage(error);
  return { fields, form, slug: error.problem.slug };
}

function formMessage(error: ApiError): string {
  if (error.status === 429) return `Too many attempts. ${retryHint(error)}`;
  return error.status >= 500 ? explain(error, "do this") : error.message;
}

const CLEAN = { fields: {}, form: null, slug: null };

export function useAuthForm<T extends object>({ initial, check, send }: AuthFormOptions<T>): AuthForm<T> {
  const [values, setValues] = useState(initial);
  const [failure, setFailure] = useState<Failure<T>>(CLEAN);
  const [busy, setBusy] = useState(false);

  const fail = (next: Failure<T>, form: HTMLFormElement) => {
    setFailure(next);
    const first = Object.keys(values).find((field) => field in next.fields);
    form.querySelector<HTMLInputElement>(`[name="${first ?? ""}"]`)?.focus();
  };

  const submit = async (form: HTMLFormElement) => {
    const fields = check(values);
    if (Object.keys(fields).length > 0) {
      fail({ fields, form: null, slug: null }, form);
      return;
    }
    setFailure(CLEAN);
    setBusy(true);
    try {
      await send(values);
    } catch (error) {
      fail(failureOf(error, values), form);
    } finally {
      setBusy(false);
    }
  };

  return {
    values,
    fieldErrors: failure.fields,
    formError: failure.form,
    slug: failure.slug,
    busy,
    change: (field, value) => {
      setValues({ ...values, [field]: value });
      setFailure({ ...failure, fields: { ...failure.fields, [field]: undefined } });
    },
    reset: () => {
      setValues(initial);
      setFailure(CLEAN);
    },
    submit: (event) => {
      event.preventDefault();
      void submit(event.currentTarget);
    },
  };
}
