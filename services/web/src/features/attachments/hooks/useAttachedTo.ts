import { createContext, useContext } from "react";

/** The document whose attachments a text shows. */
export const AttachedTo = createContext<string>("");

export function useAttachedTo(): string {
  return useContext(AttachedTo);
}
