// Prints what a visitor downloads (gzip) and fails when a page outgrows its budget.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Largest JavaScript, in kB gzipped, each entry point may bring on top of what is already loaded. */
const budgets = { index: 120, EditorPage: 250 };

const assets = join(import.meta.dirname, "..", "dist", "assets");
const sizes = readdirSync(assets)
  .filter((name) => /\.(js|css)$/.test(name))
  .map((name) => ({ name, kb: gzipSync(readFileSync(join(assets, name))).length / 1000 }))
  .sort((a, b) => b.kb - a.kb);

for (const { name, kb } of sizes) console.log(`${kb.toFixed(1).padStart(8)} kB gzip  ${name}`);

const failures = Object.entries(budgets).flatMap(([entry, budget]) => {
  const chunk = sizes.find(({ name }) => name.startsWith(`${entry}-`) && name.endsWith(".js"));
  if (!chunk) return [`no chunk named ${entry}: rename it in scripts/bundle-size.mjs too`];
  return chunk.kb > budget
    ? [`${chunk.name} is ${chunk.kb.toFixed(1)} kB gzip, over its ${budget} kB budget`]
    : [];
});
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
