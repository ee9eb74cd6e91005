// Loaded into wrangler before its own code: ends wrangler and its runtime, which are one process
// group, as soon as the program that started them is gone, however it ended.

import { Socket } from "node:net";

/** Names the pipe whose other end only the parent holds. */
const VARIABLE = "JOBRELAY_PARENT_PIPE";

const descriptor = Number(process.env[VARIABLE] ?? "0");
// Wrangler starts a second process, which loads this file too and has no such pipe.
delete process.env[VARIABLE];

if (descriptor > 2) {
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  pipe.on("error", endGroup);
  pipe.on("close", endGroup);
  pipe.resume();
  pipe.unref();
}

function endGroup(): void {
  // The process leads its group.
  process.kill(-process.pid, "SIGKILL");
}
