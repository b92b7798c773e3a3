import { NameDialog } from "@/shared/ui/NameDialog";
import { refusalText } from "../model/refusals";

/** As the server says. */
const MAX_NAME_LENGTH = 80;

interface TeamNameDialogProps {
  readonly title: string;
  readonly action: string;
  readonly initial: string;
  readonly onSave: (name: string) => Promise<unknown>;
  readonly onClose: () => void;
}

export function TeamNameDialog(props: TeamNameDialogProps) {
  return (
    <NameDialog
      {...props}
      subject="team"
      maxLength={MAX_NAME_LENGTH}
      clean={(typed) => typed.replace(/\s+/g, " ").trim()}
      explain={(failure) => refusalText(failure, "save the name")}
    />
  );
}
