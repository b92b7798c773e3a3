import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { recovery } from "../api/recovery";
import { failureOf } from "../hooks/useAuthForm";
import { useMailToken } from "../hooks/useMailToken";
import { AuthLayout } from "./AuthLayout";
import { FormError } from "./FormError";

const KINDS = {
  verify: {
    title: "Confirm your e-mail address",
    lead: "One click, and we know that this address is yours.",
    action: "Confirm the address",
    done: "Your e-mail address is confirmed",
    next: "You can go on now.",
  },
  confirm: {
    title: "Use this e-mail address",
    lead: "From then on you sign in with the address that the mail came to.",
    action: "Use this address",
    done: "Your e-mail address is changed",
    next: "Sign in with the new one from now on.",
  },
} as const;

interface EmailProofPageProps {
  readonly kind: keyof typeof KINDS;
}

/**
 * Where the links in mails lead that prove an address. It takes a click, because programs that look at mails for people
 * open the links in them, too.
 */
export default function EmailProofPage({ kind }: EmailProofPageProps) {
  const { title, lead, action, done, next } = KINDS[kind];
  useDocumentTitle(title);
  const token = useMailToken();
  const [state, setState] = useState<"asking" | "busy" | "done">("asking");
  const [error, setError] = useState<string | null>(null);
  const footer = <Link href={paths.documents}>Go to your documents</Link>;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    setState("busy");
    try {
      await recovery[kind](token ?? "");
      setState("done");
    } catch (failure) {
      setError(failureOf(failure, {}).form);
      setState("asking");
    }
  };

  if (token === null) {
    return (
      <AuthLayout
        title="The link is incomplete"
        lead="Open it from the mail again, or copy all of it."
        footer={footer}
      >
        {null}
      </AuthLayout>
    );
  }
  if (state === "done") {
    return (
      <AuthLayout title={done} lead={next} footer={footer}>
        <p className="visually-hidden" role="status" data-testid="email-proved">
          {done}.
        </p>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout title={title} lead={lead} footer={footer}>
      <form className="auth__form" onSubmit={submit}>
        <FormError message={error} />
        <Button
          type="submit"
          variant="primary"
          size="wide"
          busy={state === "busy"}
          autoFocus
          data-testid="submit"
        >
          {action}
        </Button>
      </form>
    </AuthLayout>
  );
}
