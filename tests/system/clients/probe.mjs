// One bare WebSocket. Standard input: {url, frames: [base64…], wait_ms}; sends the frames as they are and prints
// {opened, code, reason, received}, where code is null if the server kept the connection for wait_ms.

import { readFileSync } from "node:fs";

const { url, frames, wait_ms } = JSON.parse(readFileSync(0, "utf8"));
const seen = { opened: false, code: null, reason: "", received: 0 };
const finish = () => {
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  process.exit(0);
};

const socket = new WebSocket(url);
socket.binaryType = "arraybuffer";
socket.addEventListener("open", () => {
  seen.opened = true;
  for (const frame of frames) socket.send(Buffer.from(frame, "base64"));
});
socket.addEventListener("message", () => {
  seen.received += 1;
});
socket.addEventListener("close", ({ code, reason }) => {
  seen.code = code;
  seen.reason = reason;
  finish();
});
setTimeout(finish, wait_ms);
