// A Worker that the relay's bindings name in tests: what it gets, by service binding or from a
// queue, it posts to a receiver on loopback.

interface TargetEnv {
  /** Where to post. */
  readonly RECEIVER: string;
}

export default {
  /** Passes the request on with its address in `x-address`, and the receiver's answer back. */
  async fetch(request: Request, env: TargetEnv): Promise<Response> {
    const headers = new Headers(request.headers);
    headers.set("x-address", request.url);
    return fetch(`${env.RECEIVER}?by=service`, {
      method: request.method,
      headers,
      body: await request.arrayBuffer(),
    });
  },

  /** Posts each message as JSON; what the receiver refuses stays on the queue. */
  async queue(batch: MessageBatch, env: TargetEnv): Promise<void> {
    for (const message of batch.messages) {
      const answer = await fetch(`${env.RECEIVER}?by=queue`, {
        method: "POST",
        body: JSON.stringify(message.body),
      });
      if (answer.ok) message.ack();
      else message.retry();
    }
  },
};
