import {
  KeyRound,
  MoreHorizontal,
  Pause,
  Pencil,
  Play,
  Send,
  Trash2,
  Webhook as WebhookIcon,
} from "lucide-react";
import { useState } from "react";
import { useNow } from "@/shared/hooks/useNow";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Menu, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import {
  useChangeWebhook,
  useDeleteWebhook,
  useRotateSecret,
  useTestWebhook,
  type Webhook,
} from "../api/webhooks";
import { disabledReason, eventsText } from "../model/webhooks";
import { Deliveries } from "./Deliveries";
import { SecretDialog } from "./SecretDialog";
import { WebhookDialog } from "./WebhookDialog";

type Asking = "edit" | "rotate" | "delete" | null;

export function WebhookRow({ webhook }: { readonly webhook: Webhook }) {
  const { id, url, enabled, events, reach } = webhook;
  const change = useChangeWebhook(id);
  const removal = useDeleteWebhook();
  const rotate = useRotateSecret(id);
  const test = useTestWebhook(id);
  const [asking, setAsking] = useState<Asking>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [logShown, setLogShown] = useState(false);
  const now = useNow();
  const close = () => setAsking(null);

  const setEnabled = (next: boolean) =>
    change.mutate(
      { enabled: next },
      { onError: (error) => reportFailure(error, next ? "resume the webhook" : "pause the webhook") },
    );
  const runTest = () =>
    test.mutate(undefined, {
      onSuccess: () => setLogShown(true),
      onError: (error) => reportFailure(error, "send a test message"),
    });
  const makeSecret = () =>
    rotate.mutate(undefined, {
      onSuccess: (made) => setSecret(made.secret),
      onError: (error) => reportFailure(error, "make another secret"),
    });

  return (
    <li className="entry webhook" data-testid="webhook" data-url={url}>
      <WebhookIcon size={18} aria-hidden="true" />
      <div className="entry__main">
        <p className="entry__name webhook__url">{url}</p>
        <p className="field__hint">
          {eventsText(events)}
          {" · "}
          {reach === "owned" ? "documents you own" : "documents you own or may edit"}
        </p>
        {!enabled && (
          <p className="webhook__state" data-testid="webhook-paused">
            <span className="badge badge--warning">Paused</span> {disabledReason(webhook.disable_reason)}
          </p>
        )}
        {enabled && webhook.failing_since !== null && (
          <p className="webhook__state">
            <span className="badge badge--warning">Failing</span> since{" "}
            {relativeTime(webhook.failing_since, now)}
          </p>
        )}
        <Button
          size="small"
          variant="quiet"
          aria-expanded={logShown}
          onClick={() => setLogShown(!logShown)}
          data-testid="webhook-log"
        >
          {logShown ? "Hide deliveries" : "Show deliveries"}
        </Button>
      </div>
      <Menu
        label={`Actions for ${url}`}
        trigger={
          <button
            type="button"
            className="icon-button"
            aria-label={`Actions for ${url}`}
            data-testid="webhook-menu"
          >
            <MoreHorizontal size={18} aria-hidden="true" />
          </button>
        }
      >
        <MenuItem
          icon={<Send size={16} aria-hidden="true" />}
          disabled={!enabled}
          testId="webhook-test"
          onSelect={runTest}
        >
          Send a test message
        </MenuItem>
        <MenuItem
          icon={<Pencil size={16} aria-hidden="true" />}
          testId="webhook-edit"
          onSelect={() => setAsking("edit")}
        >
          Edit…
        </MenuItem>
        <MenuItem
          icon={enabled ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}
          testId="webhook-toggle"
          onSelect={() => setEnabled(!enabled)}
        >
          {enabled ? "Pause" : "Resume"}
        </MenuItem>
        <MenuItem
          icon={<KeyRound size={16} aria-hidden="true" />}
          testId="webhook-rotate"
          onSelect={() => setAsking("rotate")}
        >
          New secret…
        </MenuItem>
        <MenuSeparator />
        <MenuItem
          danger
          icon={<Trash2 size={16} aria-hidden="true" />}
          testId="webhook-delete"
          onSelect={() => setAsking("delete")}
        >
          Delete…
        </MenuItem>
      </Menu>
      {logShown && <Deliveries webhook={webhook} />}
      {asking === "edit" && (
        <WebhookDialog
          title="Edit the webhook"
          action="Save"
          doing="change the webhook"
          initial={webhook}
          onClose={close}
          onSubmit={async (form) => {
            await change.mutateAsync(form);
            close();
          }}
        />
      )}
      {asking === "rotate" && (
        <ConfirmDialog
          title="Make a new secret?"
          action="Make a new secret"
          onClose={close}
          onConfirm={makeSecret}
        >
          <p>
            For a day messages are signed with both, so that your program can be told the new one meanwhile.
          </p>
        </ConfirmDialog>
      )}
      {asking === "delete" && (
        <ConfirmDialog
          title="Delete this webhook?"
          action="Delete"
          danger
          onClose={close}
          onConfirm={() =>
            removal.mutate(id, {
              onSuccess: () => toast.info("The webhook is deleted."),
              onError: (error) => reportFailure(error, "delete the webhook"),
            })
          }
        >
          <p>
            Nothing is sent to <strong>{url}</strong> any more, and its log of deliveries is deleted too.
          </p>
        </ConfirmDialog>
      )}
      {secret !== null && (
        <SecretDialog title="The new secret" secret={secret} onClose={() => setSecret(null)}>
          The old one is good for a day more.
        </SecretDialog>
      )}
    </li>
  );
}
