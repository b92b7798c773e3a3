import type * as v from "valibot";
import type { DocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import { ApiError } from "@/shared/api/errors";
import { type RequestOptions, request } from "@/shared/api/request";

interface Way {
  readonly me: string;
  /** The pass that opening the link gave last; null where one's own role is as strong. */
  readonly pass: () => string | null;
  /** Opens the link again, which brings another pass. */
  readonly renew: () => Promise<string | null>;
}

type Options = Omit<RequestOptions, "token">;

/** By a link one comes to the comments and files of its document, as far as its role goes at that moment. */
export function linkedAccess({ me, pass, renew }: Way): DocumentAccess {
  function call<T>(path: string, schema: v.GenericSchema<unknown, T>, options?: Options): Promise<T>;
  function call(path: string, schema: null, options?: Options): Promise<void>;
  async function call<T>(
    path: string,
    schema: v.GenericSchema<unknown, T> | null,
    options: Options = {},
  ): Promise<T | undefined> {
    const ask = (token: string | null): Promise<T | undefined> => {
      const all = { ...options, ...(token === null ? {} : { token }) };
      return schema === null ? request(path, null, all).then(() => undefined) : request(path, schema, all);
    };
    try {
      return await ask(pass());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) return ask(await renew());
      // The link gives less than it did, or nothing: what is shown has to follow.
      if (error.problem.slug === "role-too-low" || error.problem.slug === "no-such-document") {
        await renew().catch(() => undefined);
      }
      throw error;
    }
  }
  return {
    me,
    base: (documentId) => `/api/documents/linked/${encodeURIComponent(documentId)}`,
    call,
    mayMention: false,
  };
}
