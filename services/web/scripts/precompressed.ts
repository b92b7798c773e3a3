import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";

const SMALLEST_BYTES = 1024;

/** Writes a Brotli copy beside each script and style sheet: the gateway's nginx can serve such files, not make them. */
export function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    writeBundle({ dir }, bundle) {
      if (dir === undefined) throw new Error("The build has no folder to write to.");
      for (const name of Object.keys(bundle)) {
        if (!/^assets\/.+\.(js|css)$/.test(name)) continue;
        const path = join(dir, name);
        const content = readFileSync(path);
        if (content.length < SMALLEST_BYTES) continue;
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
      }
    },
  };
}
