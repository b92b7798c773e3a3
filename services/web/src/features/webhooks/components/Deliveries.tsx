import { CircleAlert, CircleCheck, Clock } from "lucide-react";
import { CardState } from "@/features/settings/components/Card";
import { useNow } from "@/shared/hooks/useNow";
import { relativeTime } from "@/shared/lib/time";
import { Button } from "@/shared/ui/Button";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import { type Delivery, useDeliveries, useRedeliver, type Webhook } from "../api/webhooks";
import { outcome } from "../model/webhooks";

const STATES = {
  pending: { label: "Waiting", icon: Clock },
  delivered: { label: "Delivered", icon: CircleCheck },
  failed: { label: "Failed", icon: CircleAlert },
} as const;

/** What was sent to a webhook, and what it said. */
export function Deliveries({ webhook }: { readonly webhook: Webhook }) {
  const deliveries = useDeliveries(webhook.id);
  const now = useNow();
  if (deliveries.data === undefined) {
    return (
      <div className="deliveries">
        <CardState query={deliveries} what="the deliveries" />
      </div>
    );
  }
  const items = deliveries.data.pages.flatMap((page) => page.items);
  return (
    <div className="deliveries" data-testid="deliveries">
      {items.length === 0 && (
        <p className="field__hint">Nothing was sent yet. Deliveries are kept for 30 days.</p>
      )}
      <ul className="deliveries__list">
        {items.map((delivery) => (
          <DeliveryRow key={delivery.id} webhook={webhook} delivery={delivery} now={now} />
        ))}
      </ul>
      {deliveries.hasNextPage && (
        <Button
          size="small"
          busy={deliveries.isFetchingNextPage}
          onClick={() => void deliveries.fetchNextPage()}
          data-testid="deliveries-more"
        >
          Show more
        </Button>
      )}
    </div>
  );
}

interface DeliveryRowProps {
  readonly webhook: Webhook;
  readonly delivery: Delivery;
  readonly now: Date;
}

function DeliveryRow({ webhook, delivery, now }: DeliveryRowProps) {
  const redeliver = useRedeliver(webhook.id);
  const { label, icon: Icon } = STATES[delivery.state];
  return (
    <li className="delivery" data-testid="delivery" data-state={delivery.state} data-event={delivery.event}>
      <details>
        <summary className="delivery__head">
          <Icon size={16} aria-hidden="true" className={`delivery__icon delivery__icon--${delivery.state}`} />
          <span className="delivery__event">{delivery.event}</span>
          <span className="field__hint">
            {label} · {relativeTime(delivery.created_at, now)}
          </span>
        </summary>
        <p className="field__hint">{outcome(delivery)}</p>
        {delivery.status !== null && delivery.error !== null && (
          <p className="field__hint">{delivery.error}</p>
        )}
        {delivery.next_attempt_at !== null && delivery.attempts > 0 && (
          <p className="field__hint">
            Tried again at{" "}
            {new Date(delivery.next_attempt_at).toLocaleString("en-GB", {
              dateStyle: "medium",
              timeStyle: "short",
            })}
          </p>
        )}
        <p className="delivery__label">What was sent ({delivery.message_id})</p>
        {/* Long ones are scrolled, with the keyboard too. */}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable */}
        <pre className="delivery__text" tabIndex={0}>
          {pretty(delivery.body)}
        </pre>
        {delivery.response_excerpt !== null && delivery.response_excerpt !== "" && (
          <>
            <p className="delivery__label">What was answered</p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable */}
            <pre className="delivery__text" tabIndex={0}>
              {delivery.response_excerpt}
            </pre>
          </>
        )}
      </details>
      {delivery.state !== "pending" && webhook.enabled && (
        <Button
          size="small"
          variant="quiet"
          busy={redeliver.isPending}
          aria-label={`Send ${delivery.event} again`}
          data-testid="delivery-again"
          onClick={() =>
            redeliver.mutate(delivery.id, {
              onSuccess: () => toast.info("It is on its way again."),
              onError: (error) => reportFailure(error, "send it again"),
            })
          }
        >
          Send again
        </Button>
      )}
    </li>
  );
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
