export function EditorSkeleton() {
  return (
    <div
      className="editor-opening"
      role="status"
      aria-label="Opening the document"
      data-testid="editor-skeleton"
    >
      <div className="editor-top editor-header" aria-hidden="true">
        <span className="skeleton editor-skeleton__mark" />
        <span className="skeleton editor-skeleton__title" />
      </div>
      <div className="editor-skeleton" aria-hidden="true">
        <span className="skeleton editor-skeleton__heading" />
        <span className="skeleton" />
        <span className="skeleton" />
        <span className="skeleton" />
        <span className="skeleton editor-skeleton__last" />
      </div>
    </div>
  );
}
