import { CircleAlert } from "lucide-react";
import { type FormEvent, useId, useState } from "react";
import type { Role } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Select } from "@/shared/ui/Select";
import { usePutMember } from "../api/useMembers";
import { inviteError } from "../model/inviteError";
import { INVITABLE } from "../model/roles";

export function InviteForm({ documentId }: { readonly documentId: string }) {
  const id = useId();
  const put = usePutMember(documentId);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const [message, setMessage] = useState<{ readonly tone: "error" | "done"; readonly text: string } | null>(
    null,
  );

  const invite = async (event: FormEvent) => {
    event.preventDefault();
    const address = email.trim();
    if (address === "") {
      setMessage({ tone: "error", text: "Enter an e-mail address." });
      return;
    }
    setMessage(null);
    try {
      const member = await put.mutateAsync({ who: { email: address }, role });
      setEmail("");
      const name = "user" in member ? member.user.name : member.team.name;
      setMessage({ tone: "done", text: `${name} has access now.` });
    } catch (error) {
      setMessage({ tone: "error", text: inviteError(error, address) });
    }
  };

  const failed = message?.tone === "error";
  return (
    <form className="invite" onSubmit={invite} noValidate>
      <div className="invite__fields">
        <input
          className="input"
          type="email"
          name="email"
          placeholder="E-mail address"
          aria-label="E-mail address of the person to add"
          aria-invalid={failed}
          aria-describedby={`${id}-message`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus=""
          data-testid="share-email"
          value={email}
          onChange={(event) => {
            setEmail(event.target.value);
            setMessage(null);
          }}
        />
        <Select label="Role" value={role} options={INVITABLE} onChange={setRole} data-testid="share-role" />
        <Button
          type="submit"
          variant="primary"
          className="invite__submit"
          busy={put.isPending}
          data-testid="share-submit"
        >
          Add
        </Button>
      </div>
      <p
        className={failed ? "field__error" : "field__hint"}
        id={`${id}-message`}
        role="status"
        data-testid="share-message"
      >
        {failed && <CircleAlert size={14} aria-hidden="true" />}
        {message?.text}
      </p>
    </form>
  );
}
