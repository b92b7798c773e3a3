/** Why the browser made no passkey, or showed none: the person closed its window, most often. */
export class PasskeyError extends Error {
  override name = "PasskeyError";
}

const CANCELLED = "No passkey was used. Try again, or choose another way.";

/** Browsers keep passkeys for names, not for addresses in numbers. */
const ADDRESS = /^(?:[\d.]+|\[.*\])$/;
const LOOPBACK = /^(?:127\.[\d.]+|\[::1\])$/;

/** Where passkeys work of the collab of this machine, which people also reach by a name; null anywhere else. */
export function passkeysElsewhere({ protocol, hostname, port } = window.location): string | null {
  return LOOPBACK.test(hostname) ? `${protocol}//localhost${port && `:${port}`}` : null;
}

/** Whether this browser, on this page, can be asked for passkeys: on plain http none can. */
export function passkeysWork(): boolean {
  return (
    typeof PublicKeyCredential === "function" &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function" &&
    !ADDRESS.test(window.location.hostname)
  );
}

/** Has the person show a passkey; the answer is what the server wants to see. Raises PasskeyError. */
export function showPasskey(options: unknown, signal?: AbortSignal): Promise<unknown> {
  return ceremony(async () => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
      options as PublicKeyCredentialRequestOptionsJSON,
    );
    return await navigator.credentials.get({ publicKey, ...(signal ? { signal } : {}) });
  });
}

/** Has the browser make a passkey. Raises PasskeyError. */
export function makePasskey(options: unknown): Promise<unknown> {
  return ceremony(async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
      options as PublicKeyCredentialCreationOptionsJSON,
    );
    return await navigator.credentials.create({ publicKey });
  });
}

async function ceremony(ask: () => Promise<Credential | null>): Promise<unknown> {
  if (!passkeysWork()) throw new PasskeyError("This browser cannot use passkeys here.");
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") {
      throw new PasskeyError("This device has a passkey for your account already.", { cause: error });
    }
    throw new PasskeyError(CANCELLED, { cause: error });
  }
  if (credential === null) throw new PasskeyError(CANCELLED);
  return (credential as PublicKeyCredential).toJSON();
}
