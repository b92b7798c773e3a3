import type { ReactNode } from "react";

interface StatePageProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  readonly testId?: string;
  /** A heading inside a page that has its own first heading. */
  readonly nested?: boolean;
}

/** Nothing here yet, nothing found, or something failed: what happened and what to do about it. */
export function StatePage({ icon, title, children, actions, testId, nested = false }: StatePageProps) {
  const Heading = nested ? "h2" : "h1";
  return (
    <section className="state-page" data-testid={testId}>
      <div className="state-page__art" aria-hidden="true">
        {icon}
      </div>
      <Heading>{title}</Heading>
      {children}
      {actions !== undefined && <div className="state-page__actions">{actions}</div>}
    </section>
  );
}
