import { CloudOff, Link2Off, Lock } from "lucide-react";
import { type FormEvent, useState, useSyncExternalStore } from "react";
import { Link, Redirect } from "wouter";
import { FormError } from "@/features/auth/components/FormError";
import { shownTitle } from "@/features/documents/model/title";
import { EditorSkeleton } from "@/features/editor/components/EditorSkeleton";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { PasswordField } from "@/shared/ui/PasswordField";
import { StatePage } from "@/shared/ui/StatePage";
import { useLink } from "../hooks/useLink";
import { LinkedDocument } from "./LinkedDocument";
import "@/features/editor/components/editor.css";
import "@/features/editor/components/text.css";
import "./links.css";

/** Where a share link leads: to the document, for whoever has the link. */
export default function LinkPage() {
  // Behind `#`, which browsers send to no server: no log has it.
  const token = useSyncExternalStore(onHashChange, () => window.location.hash.slice(1));
  return <OpenedByLink key={token} token={token} />;
}

function onHashChange(changed: () => void) {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

function OpenedByLink({ token }: { readonly token: string }) {
  const { state, busy, userId, open, again } = useLink(token);
  const title = state.step === "open" ? shownTitle(state.opened.document.title) : "Shared document";
  useDocumentTitle(title);

  switch (state.step) {
    case "opening":
      return <EditorSkeleton />;
    case "member":
      return <Redirect to={paths.document(state.documentId)} replace />;
    case "open":
      return (
        <LinkedDocument
          // Whoever signs in meanwhile comes in anew, as themselves; and so does who was shut out and is let in again.
          key={`${userId}/${state.opened.ticket}`}
          token={token}
          password={state.password}
          opened={state.opened}
          userId={userId}
          onShutOut={again}
        />
      );
    case "password":
      return <PasswordPrompt error={state.error} busy={busy} onSubmit={open} />;
    case "gone":
      return (
        <StatePage
          testId="link-gone"
          icon={<Link2Off size={28} />}
          title="This link does not work"
          actions={
            <Link className="button button--primary" href={paths.documents}>
              All documents
            </Link>
          }
        >
          <p>
            It was revoked, it has expired, or it is incomplete. Whoever gave it to you can give you another.
          </p>
        </StatePage>
      );
    case "failed":
      return (
        <StatePage
          testId="unreachable"
          icon={<CloudOff size={28} />}
          title="The document cannot be opened right now"
          actions={
            <Button variant="primary" busy={busy} onClick={() => open(null)}>
              Try again
            </Button>
          }
        >
          <p>{state.message}</p>
        </StatePage>
      );
  }
}

interface PasswordPromptProps {
  readonly error: string | null;
  readonly busy: boolean;
  readonly onSubmit: (password: string) => void;
}

function PasswordPrompt({ error, busy, onSubmit }: PasswordPromptProps) {
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(password === "");
    if (password !== "") onSubmit(password);
  };
  return (
    <StatePage
      testId="link-password"
      icon={<Lock size={28} />}
      title="This document has a password"
      actions={
        <form className="link-password" onSubmit={submit} noValidate>
          <FormError message={error} />
          <PasswordField
            label="Password of the link"
            name="password"
            autoComplete="off"
            maxLength={128}
            autoFocus
            data-testid="password"
            value={password}
            error={missing ? "Enter the password." : undefined}
            onChange={(event) => {
              setPassword(event.target.value);
              setMissing(false);
            }}
          />
          <Button type="submit" variant="primary" size="wide" busy={busy} data-testid="submit">
            Open the document
          </Button>
        </form>
      }
    >
      <p>Whoever gave you the link can tell it to you.</p>
    </StatePage>
  );
}
