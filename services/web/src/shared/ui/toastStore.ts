import { Store } from "../lib/store";

export interface Toast {
  readonly id: number;
  readonly tone: "info" | "error";
  readonly message: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

const MAX_SHOWN = 4;
const SHOWN_MS = { info: 4_500, error: 9_000 } as const;

export const toasts = new Store<readonly Toast[]>([]);

let lastId = 0;

export function dismissToast(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

function show(tone: Toast["tone"], message: string, action: Toast["action"]): void {
  lastId += 1;
  const id = lastId;
  const others = toasts.get().filter((toast) => toast.message !== message);
  toasts.set([...others, { id, tone, message, action }].slice(-MAX_SHOWN));
  // What can be acted on stays long enough to be read and reached.
  setTimeout(() => dismissToast(id), action === null ? SHOWN_MS[tone] : SHOWN_MS.error);
}

export const toast = {
  info: (message: string, action: Toast["action"] = null) => show("info", message, action),
  error: (message: string, action: Toast["action"] = null) => show("error", message, action),
};
