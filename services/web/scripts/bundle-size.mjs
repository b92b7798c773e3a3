// Prints what a visitor downloads (gzip) and fails when a page outgrows its budget.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Most JavaScript, in kB gzipped, that a page may bring on top of the entry, which every page needs. */
const BUDGETS_KB = {
  "index.html": 120,
  "src/features/auth/components/SignInPage.tsx": 10,
  "src/features/documents/components/DocumentsPage.tsx": 44,
  "src/features/settings/components/SettingsPage.tsx": 45,
  "src/features/teams/components/TeamsPage.tsx": 36,
  "src/features/administration/components/AdministrationPage.tsx": 38,
  "src/features/links/components/LinkPage.tsx": 256,
  "src/features/editor/components/EditorPage.tsx": 260,
};

const dist = join(import.meta.dirname, "..", "dist");
/** @type {Record<string, { file: string, imports?: string[] }>} */
const manifest = JSON.parse(readFileSync(join(dist, ".vite", "manifest.json"), "utf8"));

/**
 * Every chunk that must arrive before this one runs, itself included.
 * @param {string} name
 * @param {Set<string>} seen
 */
function withImports(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  const chunk = manifest[name];
  if (!chunk) throw new Error(`${name} is no chunk any more: correct the budgets in scripts/bundle-size.mjs`);
  seen.add(name);
  for (const imported of chunk.imports ?? []) withImports(imported, seen);
  return seen;
}

/** @param {Iterable<string>} names */
function kilobytes(names) {
  let bytes = 0;
  for (const name of names) {
    const file = manifest[name]?.file;
    if (file) bytes += gzipSync(readFileSync(join(dist, file))).length;
  }
  return bytes / 1000;
}

const entry = withImports("index.html");
for (const [name, budget] of Object.entries(BUDGETS_KB)) {
  const chunks = withImports(name);
  const kb = kilobytes(name === "index.html" ? chunks : chunks.difference(entry));
  const over = kb > budget;
  console.log(`${kb.toFixed(1).padStart(8)} of ${budget} kB gzip  ${name}${over ? "  OVER BUDGET" : ""}`);
  if (over) process.exitCode = 1;
}
