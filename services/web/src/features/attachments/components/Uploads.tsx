import type { Editor } from "@tiptap/core";
import { CircleAlert, FileUp, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { type Upload, useUploads } from "../hooks/useUploads";
import { ACCEPTED, sizeText } from "../model/kinds";
import "./attachments.css";

interface UploadsProps {
  readonly editor: Editor;
  readonly documentId: string;
}

/** Lets files be chosen, dropped and pasted, and shows how far those are that are on their way. */
export function Uploads({ editor, documentId }: UploadsProps) {
  const { uploads, add, cancel, retry } = useUploads(editor, documentId);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const storage = editor.storage.fileDrop;
    storage.add = add;
    storage.pick = () => input.current?.click();
    return () => {
      storage.add = null;
      storage.pick = null;
    };
  }, [editor, add]);

  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={ACCEPTED}
        tabIndex={-1}
        aria-label="Pictures or files"
        data-testid="attach-input"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // The same file may be chosen again.
          event.target.value = "";
          if (files.length > 0) add(files, editor.state.selection.to);
          editor.view.focus();
        }}
      />
      {uploads.length > 0 && (
        <ul className="uploads" aria-label="Files on their way" data-testid="uploads">
          {uploads.map((upload) => (
            <UploadRow key={upload.id} upload={upload} onCancel={cancel} onRetry={retry} />
          ))}
        </ul>
      )}
    </>
  );
}

interface UploadRowProps {
  readonly upload: Upload;
  readonly onCancel: (id: number) => void;
  readonly onRetry: (upload: Upload) => void;
}

function UploadRow({ upload, onCancel, onRetry }: UploadRowProps) {
  const { id, file, progress, error, retryable } = upload;
  return (
    <li className="uploads__row" data-testid="upload" data-failed={error !== null || undefined}>
      {error === null ? (
        <FileUp size={17} aria-hidden="true" />
      ) : (
        <CircleAlert size={17} className="uploads__alert" aria-hidden="true" />
      )}
      <div className="uploads__main">
        <p className="uploads__name">
          {file.name} <span className="field__hint">{sizeText(file.size)}</span>
        </p>
        {error === null ? (
          <progress
            className="uploads__progress"
            aria-label={`Uploading ${file.name}`}
            max={1}
            {...(progress === null ? {} : { value: progress })}
          />
        ) : (
          <p className="field__error" role="alert" data-testid="upload-error">
            {error}
          </p>
        )}
      </div>
      {error !== null && retryable && (
        <Button size="small" onClick={() => onRetry(upload)} data-testid="upload-retry">
          Try again
        </Button>
      )}
      <IconButton
        plain
        label={error === null ? `Cancel ${file.name}` : `Dismiss ${file.name}`}
        onClick={() => onCancel(id)}
        data-testid="upload-cancel"
      >
        <X size={16} aria-hidden="true" />
      </IconButton>
    </li>
  );
}
