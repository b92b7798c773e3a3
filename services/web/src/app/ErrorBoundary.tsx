import { TriangleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { Button } from "@/shared/ui/Button";
import { StatePage } from "@/shared/ui/StatePage";

interface State {
  readonly error: Error | null;
}

/** The last resort: a fault in the editor itself, or a part of it that a newer release has replaced. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <StatePage
        testId="crashed"
        icon={<TriangleAlert size={28} />}
        title="Something went wrong on this page"
        actions={
          <Button variant="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        }
      >
        <p>Your saved words are safe. Reloading usually helps.</p>
        <p className="field__hint">{this.state.error.message}</p>
      </StatePage>
    );
  }
}
