import { Star } from "lucide-react";
import type { Document } from "@/shared/api/types";
import { IconButton } from "@/shared/ui/IconButton";
import { useDocumentActions } from "../hooks/useDocumentActions";
import { shownTitle } from "../model/title";

export function FavouriteButton({ document }: { readonly document: Document }) {
  const { setFavourite } = useDocumentActions();
  const { favourite } = document;
  return (
    <IconButton
      className="favourite"
      label={`${favourite ? "Remove from" : "Add to"} favourites: ${shownTitle(document.title)}`}
      aria-pressed={favourite}
      data-testid="favourite"
      onClick={() => setFavourite(document, !favourite)}
    >
      <Star size={17} aria-hidden="true" />
    </IconButton>
  );
}
