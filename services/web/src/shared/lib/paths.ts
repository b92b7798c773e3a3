/** Every address of the editor, in one place. */
export const paths = {
  documents: "/documents",
  document: (id: string) => `/documents/${encodeURIComponent(id)}`,
  history: (id: string) => `/documents/${encodeURIComponent(id)}/history`,
  folder: (id: string) => `/folders/${encodeURIComponent(id)}`,
  teams: "/teams",
  team: (id: string) => `/teams/${encodeURIComponent(id)}`,
  administration: "/administration",
  signIn: "/sign-in",
  register: "/register",
  settings: "/settings",
  forgotPassword: "/forgot-password",
  /** Where mails lead to: see the auth service. */
  resetPassword: "/reset-password",
  verifyEmail: "/verify-email",
  confirmEmail: "/confirm-email",
  /** Where a share link leads to, its token behind `#`: see the document service. */
  link: "/link",
} as const;
