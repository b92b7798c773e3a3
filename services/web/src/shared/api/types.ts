import * as v from "valibot";

/** The shapes of docs/interfaces.md, checked where they enter. */
export const Role = v.picklist(["owner", "editor", "commenter", "viewer"]);
export type Role = v.InferOutput<typeof Role>;

export function canWrite(role: Role): boolean {
  return role === "owner" || role === "editor";
}

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  owner: "Owner",
  editor: "Editor",
  commenter: "Commenter",
  viewer: "Viewer",
};

export const Session = v.object({
  access_token: v.string(),
  expires_in_s: v.number(),
  user: v.object({ id: v.string(), email: v.string() }),
});
export type Session = v.InferOutput<typeof Session>;

/** What a correct password alone does not open: `token` stands for it in one of `methods`. */
export const SecondFactorOffer = v.object({
  token: v.string(),
  methods: v.array(v.string()),
  expires_in_s: v.number(),
});
export type SecondFactorOffer = v.InferOutput<typeof SecondFactorOffer>;

export const SecondFactorNeeded = v.object({ second_factor: SecondFactorOffer });
export type SecondFactorNeeded = v.InferOutput<typeof SecondFactorNeeded>;

/** Names are null while the service that knows them does not answer, and of people who are gone. */
const Name = v.pipe(
  v.nullable(v.string()),
  v.transform((name) => name ?? "Someone"),
);

export const PublicProfile = v.object({
  id: v.string(),
  name: Name,
  color: v.string(),
  avatar_url: v.optional(v.nullable(v.string())),
});
export type PublicProfile = v.InferOutput<typeof PublicProfile>;

export const Profile = v.object({ ...PublicProfile.entries, email: v.string() });
export type Profile = v.InferOutput<typeof Profile>;

const Count = v.optional(v.number(), 0);

export const Document = v.object({
  id: v.string(),
  title: v.string(),
  role: Role,
  owner: PublicProfile,
  created_at: v.string(),
  edited_at: v.string(),
  member_count: v.number(),
  team_count: Count,
  favourite: v.optional(v.boolean(), false),
  /** The one of the person's own folders that it is filed in. */
  folder: v.optional(v.nullable(v.string())),
  opened_at: v.optional(v.nullable(v.string()), null),
  trashed_at: v.optional(v.nullable(v.string()), null),
  /** When the trash lets go of it. */
  expires_at: v.optional(v.nullable(v.string())),
});
export type Document = v.InferOutput<typeof Document>;

export const DocumentPage = v.object({
  items: v.array(Document),
  next_cursor: v.nullable(v.string()),
});
export type DocumentPage = v.InferOutput<typeof DocumentPage>;

/** A person of a document. Without an address of theirs they are still found by their id. */
const MemberProfile = v.object({
  ...PublicProfile.entries,
  email: v.pipe(
    v.nullable(v.string()),
    v.transform((email) => email ?? ""),
  ),
});

export const Member = v.object({ user: MemberProfile, role: Role });
export type Member = v.InferOutput<typeof Member>;

export const TeamShare = v.object({
  team: v.object({ id: v.string(), name: v.string(), member_count: v.number() }),
  role: Role,
});
export type TeamShare = v.InferOutput<typeof TeamShare>;

export const MemberList = v.object({ items: v.array(Member), teams: v.optional(v.array(TeamShare), []) });
export type MemberList = v.InferOutput<typeof MemberList>;

export const Ticket = v.object({
  ticket: v.string(),
  role: Role,
  expires_in_s: v.number(),
  path: v.string(),
});
export type Ticket = v.InferOutput<typeof Ticket>;
