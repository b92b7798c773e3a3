import { describe, expect, it, vi } from "vitest";
import { ApiError, NetworkError, SessionEndedError } from "@/shared/api/errors";
import type { Session } from "@/shared/api/types";
import type { SessionChannel, SessionMessage } from "./channel";
import { exclusiveAcrossTabs } from "./lock";
import { type AuthApi, SessionStore, withToken } from "./sessionStore";

function problem(status: number): ApiError {
  return new ApiError({
    status,
    slug: "x",
    title: "",
    detail: "",
    fields: [],
    requestId: null,
    retryAfterS: null,
  });
}

/** A server that rotates: each refresh token works once, and a second use ends everything. */
function makeServer() {
  let issued = 0;
  let ended = false;
  let concurrent = 0;
  const session = (): Session => {
    issued += 1;
    return { access_token: `token-${issued}`, expires_in_s: 900, user: { id: "u1", email: "a@example.org" } };
  };
  const api = {
    register: vi.fn<AuthApi["register"]>(() => Promise.resolve(session())),
    signIn: vi.fn<AuthApi["signIn"]>(() => Promise.resolve(session())),
    refresh: vi.fn<AuthApi["refresh"]>(async () => {
      concurrent += 1;
      if (concurrent > 1) ended = true;
      await new Promise((resolve) => setTimeout(resolve, 5));
      concurrent -= 1;
      if (ended) throw problem(401);
      return session();
    }),
    signOut: vi.fn<AuthApi["signOut"]>(() => Promise.resolve()),
  };
  return {
    api,
    end: () => {
      ended = true;
    },
  };
}

/** The tabs of one browser: they share a lock and hear each other, but not themselves. */
function makeBrowser(api: AuthApi) {
  const listeners: ((message: SessionMessage) => void)[][] = [];
  let turn: Promise<unknown> = Promise.resolve();
  const time = { now: 0 };
  const openTab = () => {
    const own: ((message: SessionMessage) => void)[] = [];
    listeners.push(own);
    const channel: SessionChannel = {
      post: (message) => {
        for (const others of listeners) if (others !== own) for (const listener of others) listener(message);
      },
      subscribe: (listener) => own.push(listener),
    };
    return new SessionStore({
      api,
      channel,
      now: () => time.now,
      runExclusive: (work) => {
        const result = turn.then(work);
        turn = result.catch(() => undefined);
        return result;
      },
    });
  };
  return { openTab, time };
}

describe("starting", () => {
  it("signs in with the cookie", async () => {
    const store = makeBrowser(makeServer().api).openTab();
    await store.start();
    expect(store.state.get()).toMatchObject({ status: "signed-in", user: { id: "u1" }, token: "token-1" });
  });

  it("is anonymous, without a notice, when there is no session", async () => {
    const server = makeServer();
    server.end();
    const store = makeBrowser(server.api).openTab();
    await store.start();
    expect(store.state.get()).toEqual({ status: "anonymous", reason: null });
  });

  it("signs nobody out because the server is away, and counts the failures", async () => {
    const { api } = makeServer();
    api.refresh.mockRejectedValueOnce(new NetworkError("away")).mockRejectedValueOnce(problem(502));
    const store = makeBrowser(api).openTab();
    await store.start();
    await store.start();
    expect(store.state.get()).toEqual({ status: "unreachable", failures: 2 });
    await store.start();
    expect(store.state.get().status).toBe("signed-in");
  });
});

describe("refreshing", () => {
  it("asks once however many ask, in one tab and in several", async () => {
    const { api } = makeServer();
    const browser = makeBrowser(api);
    const [one, two] = [browser.openTab(), browser.openTab()];
    const tokens = await Promise.all([
      one.accessToken(),
      one.accessToken(),
      two.accessToken(),
      two.accessToken(),
    ]);
    expect(new Set(tokens)).toEqual(new Set(["token-1"]));
    expect(api.refresh).toHaveBeenCalledTimes(1);
  });

  it("renews a token shortly before it expires", async () => {
    const { api } = makeServer();
    const browser = makeBrowser(api);
    const store = browser.openTab();
    await store.start();
    browser.time.now = 800_000;
    expect(await store.accessToken()).toBe("token-1");
    browser.time.now = 890_000;
    expect(await store.accessToken()).toBe("token-2");
  });

  it("never hands out again a token the server refused", async () => {
    const store = makeBrowser(makeServer().api).openTab();
    await store.start();
    expect(await store.refresh("token-1")).toBe("token-2");
  });

  it("uses what another tab fetched instead of refreshing after it", async () => {
    const { api } = makeServer();
    const browser = makeBrowser(api);
    const [one, two] = [browser.openTab(), browser.openTab()];
    await one.start();
    expect(two.state.get()).toMatchObject({ status: "signed-in", token: "token-1" });
    await Promise.all([one.refresh("token-1"), two.refresh("token-1")]);
    expect(api.refresh).toHaveBeenCalledTimes(2);
    expect(two.state.get()).toMatchObject({ token: "token-2" });
  });

  it("ends the session, with its reason, when the refresh token is spent", async () => {
    const server = makeServer();
    const store = makeBrowser(server.api).openTab();
    await store.start();
    server.end();
    await expect(store.refresh("token-1")).rejects.toBeInstanceOf(SessionEndedError);
    expect(store.state.get()).toEqual({ status: "anonymous", reason: "ended" });
    await expect(store.accessToken()).rejects.toBeInstanceOf(SessionEndedError);
  });

  it("stays signed in when the server is away for a moment", async () => {
    const { api } = makeServer();
    const store = makeBrowser(api).openTab();
    await store.start();
    api.refresh.mockRejectedValueOnce(problem(503));
    await expect(store.refresh("token-1")).rejects.toBeInstanceOf(ApiError);
    expect(store.state.get().status).toBe("signed-in");
  });
});

describe("signing in", () => {
  it("may need a second step, and is nobody's session until then", async () => {
    const { api } = makeServer();
    const browser = makeBrowser(api);
    const [one, two] = [browser.openTab(), browser.openTab()];
    const offer = { token: "t", methods: ["totp"], expires_in_s: 300 };
    api.signIn.mockResolvedValueOnce({ second_factor: offer });
    await expect(one.signIn({ email: "a@example.org", password: "secret" })).resolves.toEqual(offer);
    expect(one.state.get().status).not.toBe("signed-in");
    one.adopt({ access_token: "x", expires_in_s: 900, user: { id: "u1", email: "a@example.org" } });
    for (const tab of [one, two]) expect(tab.state.get()).toMatchObject({ status: "signed-in", token: "x" });
  });

  it("does not happen at registering where a mail comes first", async () => {
    const { api } = makeServer();
    const store = makeBrowser(api).openTab();
    const registration = { email: "a@example.org", password: "secret words", name: "Ada" };
    api.register.mockResolvedValueOnce(null);
    await expect(store.register(registration)).resolves.toBe(false);
    expect(store.state.get().status).not.toBe("signed-in");
    await expect(store.register(registration)).resolves.toBe(true);
  });
});

describe("signing out", () => {
  it("happens in every tab", async () => {
    const browser = makeBrowser(makeServer().api);
    const [one, two] = [browser.openTab(), browser.openTab()];
    await one.signIn({ email: "a@example.org", password: "secret" });
    expect(two.state.get().status).toBe("signed-in");
    await two.signOut();
    for (const tab of [one, two])
      expect(tab.state.get()).toEqual({ status: "anonymous", reason: "signed-out" });
  });

  it("does not happen when the server cannot be told, but does when it was over already", async () => {
    const { api } = makeServer();
    const store = makeBrowser(api).openTab();
    await store.start();
    api.signOut.mockRejectedValueOnce(new NetworkError("away"));
    await expect(store.signOut()).rejects.toBeInstanceOf(NetworkError);
    expect(store.state.get().status).toBe("signed-in");
    api.signOut.mockRejectedValueOnce(problem(401));
    await store.signOut();
    expect(store.state.get().status).toBe("anonymous");
  });
});

describe("withToken", () => {
  it("tries once more, with a new token, when the server refuses the first", async () => {
    const store = makeBrowser(makeServer().api).openTab();
    await store.start();
    const call = vi.fn((token: string) =>
      token === "token-1" ? Promise.reject(problem(401)) : Promise.resolve("done"),
    );
    await expect(withToken(store, call)).resolves.toBe("done");
    expect(call.mock.calls).toEqual([["token-1"], ["token-2"]]);
  });

  it("does not loop when the server refuses every token", async () => {
    const store = makeBrowser(makeServer().api).openTab();
    await store.start();
    const call = vi.fn(() => Promise.reject(problem(401)));
    await expect(withToken(store, call)).rejects.toBeInstanceOf(NetworkError);
    expect(call).toHaveBeenCalledTimes(2);
  });

  it("takes a wrong password for what it is, not for a bad token", async () => {
    const store = makeBrowser(makeServer().api).openTab();
    await store.start();
    const wrong = new ApiError({ ...problem(401).problem, slug: "wrong-credentials" });
    const call = vi.fn(() => Promise.reject(wrong));
    await expect(withToken(store, call)).rejects.toBe(wrong);
    expect(call).toHaveBeenCalledTimes(1);
  });

  it("passes other failures on", async () => {
    const store = makeBrowser(makeServer().api).openTab();
    await store.start();
    await expect(withToken(store, () => Promise.reject(problem(404)))).rejects.toMatchObject({ status: 404 });
  });
});

describe("exclusiveAcrossTabs", () => {
  it("works alone where the browser has no locks", async () => {
    await expect(exclusiveAcrossTabs("x", undefined)(() => Promise.resolve(7))).resolves.toBe(7);
  });

  it("passes on what the work raises", async () => {
    const locks = { request: (_name: string, _options: LockOptions, work: () => unknown) => work() };
    const run = exclusiveAcrossTabs("x", locks as unknown as LockManager);
    await expect(run(() => Promise.reject(problem(401)))).rejects.toMatchObject({ status: 401 });
  });
});
