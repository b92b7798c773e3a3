import { type FormEvent, useState } from "react";
import { useCreateTemplate } from "@/features/documents/api/useFiles";
import { shownTitle } from "@/features/documents/model/title";
import { explain } from "@/shared/api/errors";
import type { Document } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";
import { toast } from "@/shared/ui/toastStore";

interface TemplateDialogProps {
  readonly document: Document;
  readonly onClose: () => void;
}

/** Keeps what the document holds now for documents to begin with. */
export function TemplateDialog({ document, onClose }: TemplateDialogProps) {
  const create = useCreateTemplate();
  const [name, setName] = useState(shownTitle(document.title));
  const [error, setError] = useState<string | undefined>();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") {
      setError("Give it a name.");
      return;
    }
    try {
      await create.mutateAsync({ name: name.trim(), document: document.id });
      toast.info(`“${name.trim()}” is among your templates.`);
      onClose();
    } catch (failure) {
      setError(explain(failure, "save the template"));
    }
  };
  return (
    <Dialog title="Save as template" onClose={onClose} testId="template-dialog">
      <form className="dialog-form" onSubmit={save} noValidate>
        <TextField
          label="Name of the template"
          name="template"
          maxLength={200}
          hint="What the document holds now. Later edits of it do not change the template."
          data-autofocus=""
          value={name}
          error={error}
          onChange={(event) => {
            setName(event.target.value);
            setError(undefined);
          }}
        />
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending} data-testid="template-save">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
