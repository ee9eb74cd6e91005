// Starts and ends the servers of the demonstration on free ports of loopback.

import type { Server } from "node:http";
import { HOST } from "../../cli/local/relay-process.ts";

/** Starts a server and answers its port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, HOST, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Ends a server with all its connections. */
export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}
