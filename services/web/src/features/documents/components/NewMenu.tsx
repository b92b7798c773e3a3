import { ChevronDown, FileUp, LayoutTemplate } from "lucide-react";
import { type ChangeEvent, lazy, Suspense, useRef, useState } from "react";
import { useLocation } from "wouter";
import { paths } from "@/shared/lib/paths";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { reportFailure } from "@/shared/ui/reportFailure";
import { toast } from "@/shared/ui/toastStore";
import { useImport } from "../api/useFiles";

const TemplatesDialog = lazy(() => import("./TemplatesDialog"));

/** As the server says. */
const MAX_IMPORT_BYTES = 10 * 1024 * 1024;
const ENDINGS = ".md,.markdown,.html,.htm,.docx,.txt";

interface NewMenuProps {
  /** Where they are filed. */
  readonly folder?: string | null;
}

/** Documents that do not begin empty: of a file, or of a template. */
export function NewMenu({ folder = null }: NewMenuProps) {
  const reading = useImport();
  const [, navigate] = useLocation();
  const [choosing, setChoosing] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  const read = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    if (file.size > MAX_IMPORT_BYTES) {
      toast.error("That file is too large: 10 MB at most.");
      return;
    }
    toast.info(`Reading “${file.name}”…`);
    try {
      const { id, warnings } = await reading.mutateAsync({ file, folder });
      for (const warning of warnings.slice(0, 2)) toast.info(warning);
      navigate(paths.document(id));
    } catch (error) {
      reportFailure(error, `read “${file.name}”`);
    }
  };

  return (
    <>
      <input
        ref={input}
        type="file"
        className="visually-hidden"
        accept={ENDINGS}
        aria-label="File to import"
        tabIndex={-1}
        data-testid="import-file"
        onChange={(event) => void read(event)}
      />
      <Menu
        label="Other ways to begin"
        trigger={
          <button
            type="button"
            className="button new-menu"
            aria-label="Other ways to begin a document"
            data-testid="new-menu"
          >
            <ChevronDown size={17} aria-hidden="true" />
          </button>
        }
      >
        <MenuItem
          icon={<LayoutTemplate size={16} aria-hidden="true" />}
          testId="from-template"
          onSelect={() => setChoosing(true)}
        >
          From a template…
        </MenuItem>
        <MenuItem
          icon={<FileUp size={16} aria-hidden="true" />}
          testId="import"
          disabled={reading.isPending}
          onSelect={() => input.current?.click()}
        >
          Import a file…
        </MenuItem>
      </Menu>
      {choosing && (
        <Suspense fallback={null}>
          <TemplatesDialog folder={folder} onClose={() => setChoosing(false)} />
        </Suspense>
      )}
    </>
  );
}
