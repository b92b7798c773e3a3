import { ApiError, NetworkError, SessionEndedError } from "@/shared/api/errors";
import type { SecondFactorNeeded, SecondFactorOffer, Session } from "@/shared/api/types";
import { Store } from "@/shared/lib/store";
import type { SessionChannel } from "./channel";
import type { RunExclusive } from "./lock";

/** Refreshed this long before it expires, so that a token does not expire on its way to the server. */
const EXPIRY_MARGIN_MS = 15_000;

export interface SessionUser {
  readonly id: string;
  readonly email: string;
}

/** Why somebody who was signed in is not any more. */
export type SignedOutReason = "signed-out" | "ended";

export type SessionState =
  | { readonly status: "starting" }
  /** No server answered, `failures` times in a row: whether somebody is signed in is not known. */
  | { readonly status: "unreachable"; readonly failures: number }
  | { readonly status: "anonymous"; readonly reason: SignedOutReason | null }
  | {
      readonly status: "signed-in";
      readonly user: SessionUser;
      readonly token: string;
      readonly expiresAt: number;
    };

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export interface Registration extends Credentials {
  readonly name: string;
}

/** What signing in leads to: a session, or what is to be shown beside the password. */
export type SignedIn = Session | SecondFactorNeeded;

export interface AuthApi {
  /** Null: the account is made when the link in the mail is opened. */
  register(body: Registration): Promise<Session | null>;
  signIn(body: Credentials): Promise<SignedIn>;
  refresh(): Promise<Session>;
  signOut(): Promise<void>;
}

interface Dependencies {
  readonly api: AuthApi;
  readonly channel: SessionChannel;
  /** One refresh at a time over all tabs: a refresh token used twice ends every session of its family. */
  readonly runExclusive: RunExclusive;
  readonly now: () => number;
}

/**
 * Who is signed in. The access token lives only here, in memory; the refresh token is a cookie no script can read.
 * Tabs share one cookie, so they also share what it yields: a token one tab fetched serves the others.
 */
export class SessionStore {
  readonly state = new Store<SessionState>({ status: "starting" });
  readonly #api: AuthApi;
  readonly #channel: SessionChannel;
  readonly #runExclusive: RunExclusive;
  readonly #now: () => number;
  #refreshing: Promise<string> | null = null;

  constructor({ api, channel, runExclusive, now }: Dependencies) {
    this.#api = api;
    this.#channel = channel;
    this.#runExclusive = runExclusive;
    this.#now = now;
    channel.subscribe((message) => {
      if (message.type === "signed-out") this.#leave("signed-out");
      else this.#adopt(message.session);
    });
  }

  /** Turns the cookie, if there is a good one, into a session. Never rejects; call again after `unreachable`. */
  async start(): Promise<void> {
    try {
      await this.refresh();
    } catch (error) {
      if (error instanceof SessionEndedError) return;
      const state = this.state.get();
      this.state.set({
        status: "unreachable",
        failures: state.status === "unreachable" ? state.failures + 1 : 1,
      });
    }
  }

  /** Signs in, or resolves to what else is asked for; `adopt` what that yields. */
  async signIn(credentials: Credentials): Promise<SecondFactorOffer | null> {
    const answer = await this.#api.signIn(credentials);
    if ("second_factor" in answer) return answer.second_factor;
    this.#share(answer);
    return null;
  }

  /** Resolves to whether the person is signed in; if not, a mail says what is next. */
  async register(registration: Registration): Promise<boolean> {
    const answer = await this.#api.register(registration);
    if (answer !== null) this.#share(answer);
    return answer !== null;
  }

  /** Takes over a session that was begun by other means than a password alone. */
  adopt(session: Session): void {
    this.#share(session);
  }

  /** The account is gone, and its sessions with it. */
  forget(): void {
    this.#channel.post({ type: "signed-out" });
    this.#leave("signed-out");
  }

  /** Ends the session here, in every tab and on the server. Rejects, still signed in, when the server cannot be told. */
  async signOut(): Promise<void> {
    try {
      await this.#api.signOut();
    } catch (error) {
      // It was over already: that is what was asked for.
      if (!isUnauthorized(error)) throw error;
    }
    this.#channel.post({ type: "signed-out" });
    this.#leave("signed-out");
  }

  /** A token that is good now. Raises SessionEndedError, NetworkError or ApiError. */
  accessToken(): Promise<string> {
    const state = this.state.get();
    if (state.status === "signed-in" && this.#isFresh(state.expiresAt)) return Promise.resolve(state.token);
    if (state.status === "anonymous") return Promise.reject(new SessionEndedError());
    return this.refresh();
  }

  /** A new token; `rejected` is one the server refused, which must not be handed out again. */
  refresh(rejected: string | null = null): Promise<string> {
    this.#refreshing ??= this.#runExclusive(() => this.#refreshOnce(rejected)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshOnce(rejected: string | null): Promise<string> {
    // While this tab waited for its turn another one may have brought a token.
    const state = this.state.get();
    if (state.status === "signed-in" && state.token !== rejected && this.#isFresh(state.expiresAt)) {
      return state.token;
    }
    try {
      const session = await this.#api.refresh();
      this.#share(session);
      return session.access_token;
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      this.#leave("ended");
      throw new SessionEndedError();
    }
  }

  #isFresh(expiresAt: number): boolean {
    return this.#now() < expiresAt - EXPIRY_MARGIN_MS;
  }

  #share(session: Session): void {
    this.#adopt(session);
    this.#channel.post({ type: "session", session });
  }

  #adopt(session: Session): void {
    this.state.set({
      status: "signed-in",
      user: session.user,
      token: session.access_token,
      expiresAt: this.#now() + session.expires_in_s * 1000,
    });
  }

  #leave(reason: SignedOutReason): void {
    const before = this.state.get();
    if (before.status === "anonymous") return;
    // Nobody who just opened the page needs to hear that a session ended.
    const wasIn = before.status === "signed-in" || reason === "signed-out";
    this.state.set({ status: "anonymous", reason: wasIn ? reason : null });
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** Refusals with 401 that are about something else than the token: another token would not help. */
const NOT_THE_TOKEN: ReadonlySet<string> = new Set(["wrong-credentials", "link-password-needed"]);

function isTokenRefused(error: unknown): boolean {
  return isUnauthorized(error) && !NOT_THE_TOKEN.has((error as ApiError).problem.slug);
}

/** Calls with a token; when the server refuses it, once more with a new one. */
export async function withToken<T>(store: SessionStore, call: (token: string) => Promise<T>): Promise<T> {
  const token = await store.accessToken();
  try {
    return await call(token);
  } catch (error) {
    if (!isTokenRefused(error)) throw error;
  }
  try {
    return await call(await store.refresh(token));
  } catch (error) {
    // Refused with a token minutes old at most: the services disagree about keys, and trying on would loop.
    if (isTokenRefused(error)) {
      throw new NetworkError("The server refuses a token it has just issued", { cause: error });
    }
    throw error;
  }
}
