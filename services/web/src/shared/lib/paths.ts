/** Every address of the editor, in one place. */
export const paths = {
  documents: "/documents",
  document: (id: string) => `/documents/${encodeURIComponent(id)}`,
  signIn: "/sign-in",
  register: "/register",
} as const;
