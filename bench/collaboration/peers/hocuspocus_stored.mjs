// Hocuspocus with documents kept in files of the folder STORE, through its Database extension; only for opening cold.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Database } from "@hocuspocus/extension-database";
import { Server } from "@hocuspocus/server";

const path = (name) => join(process.env.STORE, encodeURIComponent(name));
const server = new Server({
  address: "127.0.0.1",
  port: Number(process.env.PORT),
  quiet: true,
  stopOnSignals: true,
  extensions: [
    new Database({
      fetch: ({ documentName }) => readFile(path(documentName)).catch(() => null),
      store: ({ documentName, state }) => writeFile(path(documentName), state),
    }),
  ],
});
await server.listen();
