// What a page needs to edit without our editor: Yjs and the two providers, as one script.
export { HocuspocusProvider } from "@hocuspocus/provider";
export { WebsocketProvider } from "y-websocket";
export * as Y from "yjs";
