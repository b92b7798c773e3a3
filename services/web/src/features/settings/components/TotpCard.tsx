import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { failureOf } from "@/features/auth/hooks/useAuthForm";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";
import { toast } from "@/shared/ui/toastStore";
import { type Account, useAccount } from "../api/account";
import { factors, refreshFactors, type TotpPending, useTotp } from "../api/factors";
import { Card, CardState } from "./Card";
import { ProofDialog } from "./ProofDialog";
import { RecoveryCodes } from "./RecoveryCodes";

type Step =
  | { readonly kind: "none" | "begin" | "remove" | "renew" }
  | { readonly kind: "confirm"; readonly pending: TotpPending }
  | { readonly kind: "codes"; readonly codes: readonly string[] };

const NONE: Step = { kind: "none" };

/** Two-step sign-in by an authenticator app, and the recovery codes that stand in for any second step. */
export function TotpCard() {
  const account = useAccount();
  const totp = useTotp();
  const [step, setStep] = useState<Step>(NONE);

  if (account.data === undefined || totp.data === undefined) {
    return (
      <Card title="Two-step sign-in" testId="totp-card">
        <CardState query={account.data === undefined ? account : totp} what="two-step sign-in" />
      </Card>
    );
  }
  const { enabled, recovery_codes_left: left } = totp.data;
  const hasFactor = enabled || account.data.passkeys > 0;
  return (
    <Card
      title="Two-step sign-in"
      lead="Besides the password, signing in asks for a code that your phone shows."
      testId="totp-card"
      action={<span className={enabled ? "badge" : "badge badge--quiet"}>{enabled ? "On" : "Off"}</span>}
    >
      {hasFactor && (
        <p className={left <= 2 ? "card__warning" : "field__hint"}>
          {left === 0
            ? "No recovery codes are left: make new ones."
            : `${left} of your recovery codes ${left === 1 ? "is" : "are"} left.`}
        </p>
      )}
      <div className="card__actions">
        {enabled ? (
          <Button size="small" onClick={() => setStep({ kind: "remove" })} data-testid="totp-remove">
            Turn off
          </Button>
        ) : (
          <Button
            size="small"
            variant="primary"
            onClick={() => setStep({ kind: "begin" })}
            data-testid="totp-begin"
          >
            Set up
          </Button>
        )}
        {hasFactor && (
          <Button size="small" onClick={() => setStep({ kind: "renew" })} data-testid="codes-renew">
            New recovery codes
          </Button>
        )}
      </div>
      <TotpSteps step={step} account={account.data} onStep={setStep} />
    </Card>
  );
}

interface TotpStepsProps {
  readonly step: Step;
  readonly account: Account;
  readonly onStep: (step: Step) => void;
}

/** The dialog of the step that the person is at. */
function TotpSteps({ step, account, onStep }: TotpStepsProps) {
  const client = useQueryClient();
  const close = () => onStep(NONE);
  return (
    <>
      {step.kind === "begin" && (
        <ProofDialog
          title="Set up two-step sign-in"
          action="Continue"
          account={account}
          onClose={close}
          onProof={async (proof) => onStep({ kind: "confirm", pending: await factors.beginTotp(proof) })}
        />
      )}
      {step.kind === "confirm" && (
        <ConfirmTotp
          pending={step.pending}
          onClose={close}
          onDone={(codes) => {
            onStep({ kind: "codes", codes });
            void refreshFactors(client);
          }}
        />
      )}
      {step.kind === "remove" && (
        <ProofDialog
          title="Turn off two-step sign-in?"
          action="Turn off"
          danger
          account={account}
          onClose={close}
          onProof={async (proof) => {
            await factors.removeTotp(proof);
            close();
            toast.info("Two-step sign-in by an app is off.");
            await refreshFactors(client);
          }}
        >
          <p>Signing in will ask for no code of your app any more.</p>
        </ProofDialog>
      )}
      {step.kind === "renew" && (
        <ProofDialog
          title="Make new recovery codes?"
          action="Make new codes"
          account={account}
          onClose={close}
          onProof={async (proof) => {
            onStep({ kind: "codes", codes: await factors.renewCodes(proof) });
            await refreshFactors(client);
          }}
        >
          <p>Those you have now will not work any more.</p>
        </ProofDialog>
      )}
      {step.kind === "codes" && <RecoveryCodes codes={step.codes} onClose={close} />}
    </>
  );
}

/** By fours, as people read out what they type; apps take the blanks. */
function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}

interface ConfirmTotpProps {
  readonly pending: TotpPending;
  readonly onDone: (codes: readonly string[]) => void;
  readonly onClose: () => void;
}

function ConfirmTotp({ pending, onDone, onClose }: ConfirmTotpProps) {
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() === "") {
      setError("Enter the code that the app shows.");
      return;
    }
    setError(null);
    setBusy(true);
    try {
      onDone(await factors.confirmTotp(code.trim()));
    } catch (failure) {
      setError(failureOf(failure, {}).form);
      setBusy(false);
    }
  };

  return (
    <Dialog title="Scan this with your app" onClose={onClose} testId="totp-dialog">
      <form className="dialog-form" onSubmit={submit} noValidate>
        <FormError message={error} />
        {/* As a picture: markup from elsewhere does not become part of the page. */}
        <img
          className="qr"
          src={`data:image/svg+xml,${encodeURIComponent(pending.qr_svg)}`}
          alt="QR code for an authenticator app"
        />
        <p className="field__hint">
          Cannot scan it? Type this into the app: <code className="secret">{inGroups(pending.secret)}</code>
        </p>
        <TextField
          label="Code that the app shows"
          name="code"
          autoComplete="one-time-code"
          inputMode="numeric"
          maxLength={10}
          data-autofocus=""
          data-testid="totp-code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={busy} data-testid="totp-confirm">
            Turn on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
