import * as v from "valibot";
import { Session } from "@/shared/api/types";

const Message = v.variant("type", [
  v.object({ type: v.literal("signed-out") }),
  v.object({ type: v.literal("session"), session: Session }),
]);

export type SessionMessage = v.InferOutput<typeof Message>;

/** What the tabs of one browser tell each other about the session. A sender does not hear itself. */
export interface SessionChannel {
  post(message: SessionMessage): void;
  subscribe(listener: (message: SessionMessage) => void): void;
}

export function broadcastChannel(name: string): SessionChannel {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    subscribe: (listener) => {
      channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        // A tab that still runs an older release may speak differently.
        const parsed = v.safeParse(Message, data);
        if (parsed.success) listener(parsed.output);
      });
    },
  };
}
