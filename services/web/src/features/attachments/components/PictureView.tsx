import { type NodeViewProps, NodeViewWrapper } from "@tiptap/react";
import { ImageOff, Trash2 } from "lucide-react";
import { type CSSProperties, useState } from "react";
import { SCALES } from "@/features/editor/extensions/embeds";
import { Button } from "@/shared/ui/Button";
import { IconButton } from "@/shared/ui/IconButton";
import { Select } from "@/shared/ui/Select";
import { useAttachmentUrl } from "../hooks/useAttachmentUrl";

const MAX_ALT = 500;
const SIZES = SCALES.map((scale) => ({
  value: `${scale}`,
  label: { 33: "Small", 66: "Medium", 100: "Large" }[scale],
}));

interface PictureAttributes {
  readonly attachment: string | null;
  readonly alt: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly scale: number;
}

/** A picture in the text, and, while it is selected, what can be changed about it. */
export function PictureView({ node, selected, editor, updateAttributes, deleteNode }: NodeViewProps) {
  const { attachment, alt, width, height, scale } = node.attrs as PictureAttributes;
  const style: CSSProperties = {
    width: `${scale}%`,
    ...(width === null ? {} : { maxWidth: width }),
    ...(width === null || height === null ? {} : { aspectRatio: `${width} / ${height}` }),
  };
  return (
    <NodeViewWrapper className="picture" data-testid="picture" data-selected={selected || undefined}>
      <div className="picture__frame" style={style} data-drag-handle="">
        <Shown attachment={attachment} alt={alt ?? ""} />
      </div>
      {selected && editor.isEditable && (
        <div className="picture__tools" contentEditable={false}>
          <AltField key={alt} alt={alt ?? ""} onChange={(next) => updateAttributes({ alt: next || null })} />
          <Select
            label="Size of the picture"
            value={`${nearest(scale)}`}
            options={SIZES}
            data-testid="picture-size"
            onChange={(next) => updateAttributes({ scale: Number(next) })}
          />
          <IconButton plain label="Remove the picture" onClick={deleteNode} data-testid="picture-remove">
            <Trash2 size={16} aria-hidden="true" />
          </IconButton>
        </div>
      )}
    </NodeViewWrapper>
  );
}

function nearest(scale: number): number {
  return SCALES.reduce((best, each) => (Math.abs(each - scale) < Math.abs(best - scale) ? each : best));
}

function Shown({ attachment, alt }: { readonly attachment: string | null; readonly alt: string }) {
  const url = useAttachmentUrl(attachment);
  // An address is good for a minute: one that came with an earlier visit may have run out before it was used.
  const [renewed, setRenewed] = useState(false);
  const [broken, setBroken] = useState(false);
  if (attachment === null || url.isError || broken) {
    return (
      <div
        className="picture__missing"
        role="img"
        aria-label={alt || "A picture"}
        data-testid="picture-missing"
      >
        <ImageOff size={20} aria-hidden="true" />
        <span>{alt || "Picture"}</span>
        <span className="field__hint">It cannot be shown.</span>
        {attachment !== null && (
          <Button
            size="small"
            busy={url.isFetching}
            onClick={() => {
              setBroken(false);
              setRenewed(false);
              void url.refetch();
            }}
          >
            Try again
          </Button>
        )}
      </div>
    );
  }
  if (url.data === undefined) {
    return <div className="picture__wait skeleton" role="img" aria-label={alt || "A picture is loading"} />;
  }
  return (
    <img
      className="picture__image"
      src={url.data.url}
      alt={alt}
      draggable={false}
      data-testid="picture-image"
      onError={() => {
        if (renewed) setBroken(true);
        else {
          setRenewed(true);
          void url.refetch();
        }
      }}
    />
  );
}

interface AltFieldProps {
  readonly alt: string;
  readonly onChange: (alt: string) => void;
}

/** Kept once it is left: each key press would be an edit of its own to everybody else. */
function AltField({ alt, onChange }: AltFieldProps) {
  const [typed, setTyped] = useState(alt);
  const commit = () => {
    if (typed.trim() !== alt) onChange(typed.trim());
  };
  return (
    <input
      className="input picture__alt"
      aria-label="What the picture shows"
      placeholder="What the picture shows"
      maxLength={MAX_ALT}
      value={typed}
      data-testid="picture-alt"
      onChange={(event) => setTyped(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") {
          event.preventDefault();
          commit();
        }
      }}
    />
  );
}
