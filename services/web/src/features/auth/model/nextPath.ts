/** Where to go after signing in: the page asked for, when it is one of ours. */
export function safeNextPath(next: string | null, fallback: string): string {
  // "//host" and "/\host" are other sites to a browser, which drops tabs and line breaks before it looks.
  if (next === null || !/^\/(?![/\\])/.test(next) || /[\t\r\n]/.test(next)) return fallback;
  return /^\/(sign-in|register|forgot-password|reset-password)(?=[/?#]|$)/.test(next) ? fallback : next;
}
