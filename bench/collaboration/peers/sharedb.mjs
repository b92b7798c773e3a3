// ShareDB as its documentation starts it: database and publish-subscribe in memory, over `ws`. Text is `text-unicode`.
import { createServer } from "node:http";
import WebSocketJSONStream from "@teamwork/websocket-json-stream";
import { type } from "ot-text-unicode";
import ShareDB from "sharedb";
import { WebSocketServer } from "ws";

ShareDB.types.register(type);
const backend = new ShareDB();
const server = createServer();
new WebSocketServer({ server }).on("connection", (socket) => backend.listen(new WebSocketJSONStream(socket)));
server.listen(Number(process.env.PORT), "127.0.0.1");
