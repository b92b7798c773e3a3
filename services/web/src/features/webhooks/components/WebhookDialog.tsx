import { type FormEvent, useState } from "react";
import { FormError } from "@/features/auth/components/FormError";
import { ApiError, explain } from "@/shared/api/errors";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Select } from "@/shared/ui/Select";
import { TextField } from "@/shared/ui/TextField";
import type { WebhookForm } from "../api/webhooks";
import { addressFault, EVENTS, REACHES, type Reach } from "../model/webhooks";

interface WebhookDialogProps {
  readonly title: string;
  readonly action: string;
  /** Completes "Could not …". */
  readonly doing: string;
  readonly initial?: WebhookForm;
  readonly onSubmit: (form: WebhookForm) => Promise<void>;
  readonly onClose: () => void;
}

/** Where messages go, and of what. */
export function WebhookDialog({ title, action, doing, initial, onSubmit, onClose }: WebhookDialogProps) {
  const [url, setUrl] = useState(initial?.url ?? "");
  const [events, setEvents] = useState<readonly string[]>(
    initial?.events ?? EVENTS.map(({ value }) => value),
  );
  const [reach, setReach] = useState<Reach>(initial?.reach ?? "owned");
  const [urlError, setUrlError] = useState<string | undefined>();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const fault = addressFault(url);
    setUrlError(fault ?? undefined);
    setError(events.length === 0 ? "Choose at least one event." : null);
    if (fault !== null || events.length === 0) return;
    setBusy(true);
    try {
      await onSubmit({ url: url.trim(), events, reach });
    } catch (failure) {
      setBusy(false);
      const field =
        failure instanceof ApiError ? failure.problem.fields.find((each) => each.field === "url") : undefined;
      if (field) setUrlError(field.message);
      else setError(explain(failure, doing));
    }
  };

  return (
    <Dialog title={title} onClose={onClose} testId="webhook-dialog">
      <form className="dialog-form" onSubmit={(event) => void submit(event)} noValidate>
        <FormError message={error} />
        <TextField
          label="Address"
          name="url"
          type="url"
          inputMode="url"
          autoComplete="off"
          maxLength={2000}
          placeholder="https://example.org/hook"
          hint="An https address that is reachable from the internet."
          data-autofocus=""
          data-testid="webhook-url"
          value={url}
          error={urlError}
          onChange={(event) => setUrl(event.target.value)}
        />
        <fieldset className="choices">
          <legend className="field__label">Tell it when</legend>
          {EVENTS.map(({ value, label }) => (
            <label key={value} className="choice">
              <input
                type="checkbox"
                className="checkbox"
                checked={events.includes(value)}
                data-testid={`event-${value}`}
                onChange={(event) =>
                  setEvents(
                    event.target.checked ? [...events, value] : events.filter((each) => each !== value),
                  )
                }
              />
              {label}
            </label>
          ))}
        </fieldset>
        <div className="setting">
          <span>In</span>
          <Select
            label="In which documents"
            value={reach}
            options={REACHES}
            onChange={setReach}
            data-testid="webhook-reach"
          />
        </div>
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={busy} data-testid="webhook-submit">
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
