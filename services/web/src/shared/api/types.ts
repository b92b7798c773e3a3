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

export const PublicProfile = v.object({ id: v.string(), name: v.string(), color: v.string() });
export type PublicProfile = v.InferOutput<typeof PublicProfile>;

export const Profile = v.object({ ...PublicProfile.entries, email: v.string() });
export type Profile = v.InferOutput<typeof Profile>;

export const Document = v.object({
  id: v.string(),
  title: v.string(),
  role: Role,
  owner: PublicProfile,
  created_at: v.string(),
  edited_at: v.string(),
  member_count: v.number(),
});
export type Document = v.InferOutput<typeof Document>;

export const DocumentPage = v.object({
  items: v.array(Document),
  next_cursor: v.nullable(v.string()),
});
export type DocumentPage = v.InferOutput<typeof DocumentPage>;

export const Member = v.object({ user: Profile, role: Role });
export type Member = v.InferOutput<typeof Member>;

export const MemberList = v.object({ items: v.array(Member) });

export const Ticket = v.object({
  ticket: v.string(),
  role: Role,
  expires_in_s: v.number(),
  path: v.string(),
});
export type Ticket = v.InferOutput<typeof Ticket>;
