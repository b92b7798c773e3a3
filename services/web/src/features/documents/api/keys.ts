export const documentKeys = {
  all: ["documents"],
  list: ["documents", "list"],
  one: (id: string) => ["documents", "one", id],
  members: (id: string) => ["documents", "members", id],
} as const;
