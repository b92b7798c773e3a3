import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompressed } from "./scripts/precompressed";

const gateway = process.env.COLLAB_GATEWAY_URL ?? "http://127.0.0.1:8080";

const proxy = {
  "/api": { target: gateway, changeOrigin: true },
  "/collaboration": { target: gateway, changeOrigin: true, ws: true },
};

export default defineConfig({
  plugins: [react(), precompressed()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy },
  preview: { proxy },
  build: {
    target: "es2023",
    // The policy allows no inline data for scripts, and a font inlined in the style sheet would delay first paint.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Says which chunks belong together: scripts/bundle-size.mjs adds them up.
    manifest: true,
    chunkSizeWarningLimit: 1_000,
    license: { fileName: "licenses.md" },
  },
  test: {
    // Tests of the DOM say so in their first line: making one takes longer than most tests.
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    testTimeout: 10_000,
  },
});
