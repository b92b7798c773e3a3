import { type ReactNode, useId } from "react";
import { explain } from "@/shared/api/errors";
import { Button } from "@/shared/ui/Button";

interface CardProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly action?: ReactNode;
  readonly danger?: boolean;
  readonly testId?: string;
  readonly children?: ReactNode;
}

/** One matter of the settings. */
export function Card({ title, lead, action, danger = false, testId, children }: CardProps) {
  const id = useId();
  return (
    <section className={danger ? "card card--danger" : "card"} aria-labelledby={id} data-testid={testId}>
      <div className="card__head">
        <div>
          <h2 className="card__title" id={id}>
            {title}
          </h2>
          {lead !== undefined && <p className="card__lead">{lead}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}

interface Loadable {
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

/** What stands in a card whose content is not here: it is on its way, or did not come. */
export function CardState({ query, what }: { readonly query: Loadable; readonly what: string }) {
  if (query.isPending) {
    return (
      <div role="status" aria-label={`Loading ${what}`} className="card__loading">
        <span className="skeleton skeleton-bar" />
        <span className="skeleton skeleton-bar" />
      </div>
    );
  }
  return (
    <div className="notice notice--danger" role="alert">
      <span>{explain(query.error, `load ${what}`)}</span>
      <Button size="small" onClick={() => void query.refetch()}>
        Try again
      </Button>
    </div>
  );
}
