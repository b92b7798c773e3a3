// Prints a module of this folder, with all it imports, as a script that defines `clients`.
import { buildSync } from "esbuild";

const { outputFiles } = buildSync({
  entryPoints: [process.argv[2]],
  bundle: true,
  format: "iife",
  globalName: "clients",
  write: false,
  logLevel: "error",
});
process.stdout.write(outputFiles[0].contents);
