// A person's session over the HTTP API, kept alive the way the editor keeps it: a refused access token is refreshed
// with the cookie, a session that cannot be refreshed is signed in anew.

const RETRY_PAUSE_MS = 250;
const REQUEST_TIMEOUT_MS = 5_000;

export class Session {
  #accessToken = "";
  #cookie = "";

  constructor({ url, email, password }) {
    this.url = url;
    this.email = email;
    this.password = password;
  }

  /** A ticket for the document; tried again until `deadlineMs` has passed, so that a service may be away meanwhile. */
  async ticket(document, deadlineMs = 20_000) {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      try {
        const answer = await this.#authorised(`/api/documents/${document}/ticket`);
        return answer.ticket;
      } catch (error) {
        if (error.permanent || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }

  async #authorised(path) {
    if (this.#accessToken === "") await this.#renew();
    let response = await this.#post(path, { authorization: `Bearer ${this.#accessToken}` });
    if (response.status === 401) {
      await this.#renew();
      response = await this.#post(path, { authorization: `Bearer ${this.#accessToken}` });
    }
    return this.#body(response, path);
  }

  async #renew() {
    let response = null;
    if (this.#cookie !== "") {
      response = await this.#post("/api/auth/refresh", { cookie: this.#cookie });
    }
    if (response === null || response.status === 401) {
      const credentials = { email: this.email, password: this.password };
      response = await this.#post("/api/auth/sign-in", { "content-type": "application/json" }, credentials);
    }
    const session = await this.#body(response, "sign-in");
    this.#accessToken = session.access_token;
    const cookie = response.headers.getSetCookie().find((each) => each.startsWith("collab_refresh="));
    if (cookie !== undefined) this.#cookie = cookie.split(";")[0];
  }

  #post(path, headers, body = undefined) {
    return fetch(this.url + path, {
      method: "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  }

  async #body(response, what) {
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    const error = new Error(`${what}: HTTP ${response.status} ${text.slice(0, 300)}`);
    error.permanent = response.status === 403 || response.status === 404;
    throw error;
  }
}
