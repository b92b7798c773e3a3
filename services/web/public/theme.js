// Runs before the first paint, so that a chosen theme never flashes the other one.
// The policy forbids inline scripts, which is why this is a file. Keep the key in step with src/shared/lib/theme.ts.
try {
  const theme = localStorage.getItem("collab:theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme applies.
}
