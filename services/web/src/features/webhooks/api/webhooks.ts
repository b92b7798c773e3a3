import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as v from "valibot";
import { authorized } from "@/features/auth/session";

const BASE = "/api/documents/webhooks";
const keys = {
  all: ["webhooks"],
  /** Not below the list's: a log does not change with it, and goes with its webhook. */
  deliveries: (id: string) => ["webhook-deliveries", id],
} as const;
/** What was sent is on its way for a moment, and then one wants to see how it went. */
const PENDING_INTERVAL_MS = 2_000;

const Webhook = v.object({
  id: v.string(),
  url: v.string(),
  events: v.array(v.string()),
  reach: v.picklist(["owned", "editable"]),
  enabled: v.boolean(),
  disable_reason: v.nullable(v.string()),
  failing_since: v.nullable(v.string()),
  created_at: v.string(),
});
export type Webhook = v.InferOutput<typeof Webhook>;

const CreatedWebhook = v.object({ ...Webhook.entries, secret: v.string() });
const NewSecret = v.object({ secret: v.string(), old_valid_until: v.string() });

const Delivery = v.object({
  id: v.string(),
  message_id: v.string(),
  event: v.string(),
  state: v.picklist(["pending", "delivered", "failed"]),
  attempts: v.number(),
  created_at: v.string(),
  last_attempt_at: v.nullable(v.string()),
  next_attempt_at: v.nullable(v.string()),
  status: v.nullable(v.number()),
  latency_ms: v.nullable(v.number()),
  error: v.nullable(v.string()),
  response_excerpt: v.nullable(v.string()),
  body: v.string(),
});
export type Delivery = v.InferOutput<typeof Delivery>;
const DeliveryPage = v.object({ items: v.array(Delivery), next_cursor: v.nullable(v.string()) });

export interface WebhookForm {
  readonly url: string;
  readonly events: readonly string[];
  readonly reach: Webhook["reach"];
}

/** The person's own; the server allows twenty. */
export function useWebhooks() {
  return useQuery({
    queryKey: keys.all,
    queryFn: async ({ signal }) =>
      (await authorized(BASE, v.object({ items: v.array(Webhook) }), { signal })).items,
  });
}

/** The secret is shown once, and not kept in a cache either. */
export function useCreateWebhook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: WebhookForm) => authorized(BASE, CreatedWebhook, { method: "POST", body }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.all }),
    gcTime: 0,
  });
}

export function useChangeWebhook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<WebhookForm> & { readonly enabled?: boolean }) =>
      authorized(`${BASE}/${id}`, Webhook, { method: "PATCH", body }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.all }),
  });
}

export function useDeleteWebhook() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => authorized(`${BASE}/${id}`, null, { method: "DELETE" }),
    onSuccess: (_nothing, id) =>
      client.setQueryData<Webhook[]>(keys.all, (known) => known?.filter((each) => each.id !== id)),
    onSettled: () => client.invalidateQueries({ queryKey: keys.all }),
  });
}

export function useRotateSecret(id: string) {
  return useMutation({
    mutationFn: () => authorized(`${BASE}/${id}/secret`, NewSecret, { method: "POST" }),
    gcTime: 0,
  });
}

export function useTestWebhook(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => authorized(`${BASE}/${id}/test`, Delivery, { method: "POST" }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.deliveries(id) }),
  });
}

export function useDeliveries(id: string) {
  return useInfiniteQuery({
    queryKey: keys.deliveries(id),
    queryFn: ({ pageParam, signal }) => {
      const search = new URLSearchParams({ limit: "20" });
      if (pageParam !== null) search.set("cursor", pageParam);
      return authorized(`${BASE}/${id}/deliveries?${search}`, DeliveryPage, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    staleTime: 0,
    refetchInterval: ({ state }) => {
      const latest = state.data?.pages[0]?.items[0];
      // One that waits for hours until it is tried again is not watched.
      return latest?.state === "pending" && latest.attempts < 2 ? PENDING_INTERVAL_MS : false;
    },
  });
}

export function useRedeliver(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (delivery: string) =>
      authorized(`${BASE}/${id}/deliveries/${delivery}/redeliver`, Delivery, { method: "POST" }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.deliveries(id) }),
  });
}
