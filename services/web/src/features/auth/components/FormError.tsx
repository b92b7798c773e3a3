import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

interface FormErrorProps {
  readonly message: string | null;
  readonly children?: ReactNode;
}

export function FormError({ message, children }: FormErrorProps) {
  if (message === null) return null;
  return (
    <div className="notice notice--danger" role="alert" data-testid="form-error">
      <CircleAlert size={17} aria-hidden="true" />
      <span>
        {message} {children}
      </span>
    </div>
  );
}
