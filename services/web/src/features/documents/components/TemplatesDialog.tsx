import { LayoutTemplate, Trash2 } from "lucide-react";
import { useLocation } from "wouter";
import { explain } from "@/shared/api/errors";
import { paths } from "@/shared/lib/paths";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { IconButton } from "@/shared/ui/IconButton";
import { reportFailure } from "@/shared/ui/reportFailure";
import { type Template, useCreateFromTemplate, useDeleteTemplate, useTemplates } from "../api/useFiles";

interface TemplatesDialogProps {
  /** Where the document is filed. */
  readonly folder: string | null;
  readonly onClose: () => void;
}

export default function TemplatesDialog({ folder, onClose }: TemplatesDialogProps) {
  const templates = useTemplates();
  return (
    <Dialog title="Begin with a template" onClose={onClose} testId="templates-dialog">
      {templates.data !== undefined && (
        <ul className="templates">
          {templates.data.map((template) => (
            <TemplateRow key={template.id} template={template} folder={folder} onDone={onClose} />
          ))}
        </ul>
      )}
      {templates.data?.every(({ kind }) => kind === "built-in") && (
        <p className="field__hint">Any document can become one: “Save as template” is in its menu.</p>
      )}
      {templates.isPending && (
        <div role="status" aria-label="Loading templates">
          <span className="skeleton skeleton-line w-62" />
        </div>
      )}
      {templates.isError && templates.data === undefined && (
        <div className="notice notice--danger" role="alert">
          <span>{explain(templates.error, "load the templates")}</span>
          <Button size="small" onClick={() => void templates.refetch()}>
            Try again
          </Button>
        </div>
      )}
    </Dialog>
  );
}

interface TemplateRowProps {
  readonly template: Template;
  readonly folder: string | null;
  readonly onDone: () => void;
}

function TemplateRow({ template, folder, onDone }: TemplateRowProps) {
  const creation = useCreateFromTemplate();
  const deletion = useDeleteTemplate();
  const [, navigate] = useLocation();
  const begin = async () => {
    try {
      const { id } = await creation.mutateAsync({ template: template.id, folder });
      onDone();
      navigate(paths.document(id), { state: { created: true } });
    } catch (error) {
      reportFailure(error, `begin with “${template.name}”`);
    }
  };
  return (
    <li className="templates__row">
      <Button
        className="templates__use"
        busy={creation.isPending}
        onClick={() => void begin()}
        data-testid="template"
      >
        {!creation.isPending && <LayoutTemplate size={17} aria-hidden="true" />}
        {template.name}
      </Button>
      {template.kind === "own" && (
        <IconButton
          plain
          label={`Delete the template ${template.name}`}
          disabled={deletion.isPending}
          onClick={() =>
            deletion.mutate(template.id, { onError: (error) => reportFailure(error, "delete the template") })
          }
        >
          <Trash2 size={16} aria-hidden="true" />
        </IconButton>
      )}
    </li>
  );
}
