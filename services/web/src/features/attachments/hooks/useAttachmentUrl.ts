import { useQuery } from "@tanstack/react-query";
import { useDocumentAccess } from "@/features/editor/hooks/useDocumentAccess";
import { ApiError } from "@/shared/api/errors";
import { attachmentUrl } from "../api/attachments";
import { useAttachedTo } from "./useAttachedTo";

/** Somewhat less than an address is good for. */
const FRESH_MS = 45_000;
const RETRIES = 2;

/** Where an attachment is shown from. It is fetched once: what is loaded stays, and need not be asked for again. */
export function useAttachmentUrl(attachment: string | null) {
  const documentId = useAttachedTo();
  const access = useDocumentAccess();
  return useQuery({
    queryKey: ["documents", "attachments", documentId, attachment, access.me],
    queryFn: ({ signal }) => attachmentUrl(access, documentId, attachment ?? "", signal),
    enabled: attachment !== null && documentId !== "",
    staleTime: FRESH_MS,
    gcTime: FRESH_MS,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: (failures, error) => failures < RETRIES && !(error instanceof ApiError && !error.transient),
  });
}
