import { colorFor, isAvatarOf, isColor } from "@/shared/lib/people";

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly avatar_url?: string | null | undefined;
}

export interface Peer extends Person {
  /** Their connections, one for each tab. */
  readonly clients: readonly number[];
}

const MAX_NAME_LENGTH = 80;
const MAX_PEERS = 1_000;

/** Presence comes from other people's browsers: nothing in it is taken for granted. */
export function readPerson(value: unknown): Person | null {
  if (typeof value !== "object" || value === null) return null;
  const { id, name, color, avatar_url } = value as Record<string, unknown>;
  if (typeof id !== "string" || typeof name !== "string" || id === "") return null;
  return {
    id,
    name: name.trim().slice(0, MAX_NAME_LENGTH) || "Someone",
    color: isColor(color) ? color : colorFor(id),
    avatar_url: isAvatarOf(id, avatar_url) ? avatar_url : null,
  };
}

/** The other people in the document, each once, in the order they came. */
export function peersOf(
  states: ReadonlyMap<number, { readonly [field: string]: unknown }>,
  own: { readonly clientId: number; readonly userId: string },
): Peer[] {
  const peers = new Map<string, Peer>();
  for (const [clientId, state] of states) {
    const person = readPerson(state.user);
    if (!person || clientId === own.clientId || person.id === own.userId) continue;
    const clients = [...(peers.get(person.id)?.clients ?? []), clientId];
    peers.set(person.id, { ...person, clients });
    if (peers.size >= MAX_PEERS) break;
  }
  return [...peers.values()];
}

export function samePeers(a: readonly Peer[], b: readonly Peer[]): boolean {
  const key = (peer: Peer) => [peer.id, peer.name, peer.color, peer.avatar_url, ...peer.clients].join("\n");
  return a.length === b.length && a.every((peer, index) => key(peer) === key(b[index] ?? peer));
}

/** When somebody last renamed the document, by their own word: a hint to ask the server. */
export function latestRename(states: ReadonlyMap<number, { readonly [field: string]: unknown }>): number {
  let latest = 0;
  for (const { renamed } of states.values()) {
    if (typeof renamed === "number" && Number.isFinite(renamed)) latest = Math.max(latest, renamed);
  }
  return latest;
}
