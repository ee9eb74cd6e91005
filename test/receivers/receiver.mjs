// A receiver in the words of the runtime that runs it: `Deno.serve`, `Bun.serve`, or `node:http`.
// It prints its port, and answers with what `unwrap` says.

import { unwrap, WebhookError } from "jobrelay/webhook";
import { connect } from "jobrelay/client";

const { Deno, Bun, process } = globalThis;
const secrets = (Deno ? Deno.env.get("RELAY_SECRETS") : process.env.RELAY_SECRETS).split(" ");

/** The event's name and guid, or the reason of its refusal. */
async function verdict(given) {
  try {
    const { event, guid } = await unwrap(given, secrets);
    return [200, `${String(event)} ${JSON.stringify(guid)}`];
  } catch (error) {
    return [400, error instanceof WebhookError ? error.reason : String(error)];
  }
}

const answer = async (request) => {
  const [status, text] = await verdict(request);
  return new Response(text, { status });
};

// A client can be made, and touches nothing before it is listened to.
connect({ url: "http://127.0.0.1", account: "acme", getToken: () => "" }).close();

if (Deno) Deno.serve({ port: 0, onListen: ({ port }) => console.log(port) }, answer);
else if (Bun) console.log(Bun.serve({ port: 0, fetch: answer }).port);
else {
  const { createServer } = await import("node:http");
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const [status, text] = await verdict({ headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(status).end(text);
  });
  server.listen(0, () => console.log(server.address().port));
}
