import { useState } from "react";
import { Card, CardState } from "@/features/settings/components/Card";
import { Button } from "@/shared/ui/Button";
import { useCreateWebhook, useWebhooks } from "../api/webhooks";
import { SecretDialog } from "./SecretDialog";
import { WebhookDialog } from "./WebhookDialog";
import { WebhookRow } from "./WebhookRow";
import "./webhooks.css";

/** As the server allows. */
const MAX_WEBHOOKS = 20;

export default function WebhooksSection() {
  const webhooks = useWebhooks();
  const create = useCreateWebhook();
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const full = (webhooks.data?.length ?? 0) >= MAX_WEBHOOKS;
  return (
    <Card
      title="Webhooks"
      lead="Your programs hear of what happens in your documents: a message goes to their address, signed so that they can tell it is ours."
      testId="webhooks-card"
      action={
        <Button
          size="small"
          variant="primary"
          disabled={full}
          onClick={() => setMaking(true)}
          data-testid="webhook-new"
        >
          New webhook
        </Button>
      }
    >
      {full && (
        <p className="field__hint">You have {MAX_WEBHOOKS}, as many as there can be. Delete one first.</p>
      )}
      {webhooks.data === undefined ? (
        <CardState query={webhooks} what="your webhooks" />
      ) : webhooks.data.length === 0 ? (
        <p className="field__hint" data-testid="no-webhooks">
          You have none yet.
        </p>
      ) : (
        <ul className="entries">
          {webhooks.data.map((webhook) => (
            <WebhookRow key={webhook.id} webhook={webhook} />
          ))}
        </ul>
      )}
      {making && (
        <WebhookDialog
          title="New webhook"
          action="Make the webhook"
          doing="make the webhook"
          onClose={() => setMaking(false)}
          onSubmit={async (form) => {
            const made = await create.mutateAsync(form);
            setMaking(false);
            setSecret(made.secret);
          }}
        />
      )}
      {secret !== null && (
        <SecretDialog title="The webhook’s secret" secret={secret} onClose={() => setSecret(null)}>
          Your program checks with it that a message is ours, as Standard Webhooks describes.
        </SecretDialog>
      )}
    </Card>
  );
}
