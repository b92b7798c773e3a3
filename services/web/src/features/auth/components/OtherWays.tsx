import { useQuery } from "@tanstack/react-query";
import { KeyRound, LogIn } from "lucide-react";
import { useState } from "react";
import * as v from "valibot";
import { useSearchParams } from "wouter";
import { request } from "@/shared/api/request";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { signInWithPasskey } from "../api/secondStep";
import { failureOf } from "../hooks/useAuthForm";
import { safeNextPath } from "../model/nextPath";
import { PasskeyError, passkeysWork } from "../model/passkeys";
import { session } from "../session";
import { FormError } from "./FormError";

const Providers = v.object({ providers: v.array(v.object({ id: v.string(), name: v.string() })) });

/** Who else one can sign in with. Without an answer there is still the password. */
function useProviders() {
  const query = useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => request("/api/auth/oidc", Providers, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });
  return query.data?.providers ?? [];
}

/** Ways to sign in without a password of this site: a passkey, or another provider. */
export function OtherWays() {
  const providers = useProviders();
  const [search] = useSearchParams();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const passkeys = passkeysWork();
  if (!passkeys && providers.length === 0) return null;

  const enterByPasskey = async () => {
    setError(null);
    setBusy(true);
    try {
      session.adopt(await signInWithPasskey(null));
    } catch (failure) {
      setError(failure instanceof PasskeyError ? failure.message : failureOf(failure, {}).form);
    } finally {
      setBusy(false);
    }
  };

  const returnTo = new URLSearchParams({ return_to: safeNextPath(search.get("next"), paths.documents) });
  return (
    <div className="auth__ways" data-testid="other-ways">
      <p className="auth__or">
        <span>or</span>
      </p>
      <FormError message={error} />
      {passkeys && (
        <Button size="wide" busy={busy} onClick={() => void enterByPasskey()} data-testid="passkey">
          {!busy && <KeyRound size={17} aria-hidden="true" />}
          Sign in with a passkey
        </Button>
      )}
      {providers.map(({ id, name }) => (
        // Away from this page: the provider's answer comes back to the server.
        <a
          key={id}
          className="button button--wide"
          href={`/api/auth/oidc/${encodeURIComponent(id)}/start?${returnTo}`}
          data-testid={`provider-${id}`}
        >
          <LogIn size={17} aria-hidden="true" />
          Continue with {name}
        </a>
      ))}
    </div>
  );
}
