import { describe, expect, test } from "vitest";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import type { Rendered } from "../../../../src/deliver/request/formats.ts";
import {
  MAX_QUEUE_MESSAGE_BYTES,
  queueMessage,
  sendToQueue,
  type QueueMessage,
} from "../../../../src/deliver/targets/binding.io.ts";
import { serviceUrl } from "../../../../src/deliver/request/sent.ts";

const HEADERS = { "webhook-id": "evt_1" };

const rendered = (
  body: string | Uint8Array<ArrayBuffer>,
  content: Rendered["content"] = "json",
): Rendered => ({
  contentType: "application/json",
  headers: {},
  body: typeof body === "string" ? utf8(body) : body,
  content,
});

/** A queue of the platform that keeps what it is sent, or refuses everything. */
function queue(refusal?: string) {
  const sent: unknown[] = [];
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  return {
    sent,
    send: async (message: QueueMessage, options?: QueueSendOptions): Promise<QueueSendResponse> => {
      if (refusal !== undefined) throw new Error(refusal);
      sent.push([message, options]);
      return { metadata };
    },
  };
}

describe("a queue message", () => {
  test("holds the event itself, whose JSON is the signed body", () => {
    const body = '{"event":"job.progress","author":"Žofie 😀","n":[1,2.5,null]}';
    const message = queueMessage(rendered(body), HEADERS);
    expect(message).toEqual({
      headers: HEADERS,
      body: { event: "job.progress", author: "Žofie 😀", n: [1, 2.5, null] },
    });
    expect(JSON.stringify("body" in message ? message.body : null)).toBe(body);
  });

  test("holds the text of the body, too, when JavaScript would change its numbers", () => {
    const body = '{"id":7301122334455667788,"rate":1.0}';
    expect(queueMessage(rendered(body), HEADERS)).toEqual({
      headers: HEADERS,
      body: { id: 7301122334455668000, rate: 1 },
      bodyText: body,
    });
  });

  test("holds raw bytes in base64, even when they happen to be JSON", () => {
    expect(queueMessage(rendered('{ "a": 1 }', "bytes"), HEADERS)).toEqual({
      headers: HEADERS,
      bodyBase64: "eyAiYSI6IDEgfQ==",
    });
    expect(queueMessage(rendered(Uint8Array.of(0xff, 0), "bytes"), HEADERS)).toEqual({
      headers: HEADERS,
      bodyBase64: "/wA=",
    });
  });
});

describe("sending to a queue", () => {
  test("is answered with 202 once the queue has it", async () => {
    const target = queue();
    const result = await sendToQueue(target, rendered("{}"), HEADERS);
    expect(result).toEqual({
      kind: "answer",
      status: 202,
      headers: {},
      answer: "",
      ms: expect.any(Number) as number,
    });
    expect(target.sent).toEqual([[{ headers: HEADERS, body: {} }, { contentType: "json" }]]);
  });

  test("fails, to be tried again, when the queue refuses", async () => {
    const result = await sendToQueue(queue("Too Many Requests"), rendered("{}"), HEADERS);
    expect(result).toEqual({
      kind: "failure",
      reason: "unknown",
      error: "queue: Too Many Requests",
      ms: expect.any(Number) as number,
    });
  });

  const empty = JSON.stringify({ headers: HEADERS, body: "" }).length;

  test.each([
    ["at the limit", MAX_QUEUE_MESSAGE_BYTES - empty, "answer", 1],
    ["one byte over it", MAX_QUEUE_MESSAGE_BYTES - empty + 1, "impossible", 0],
  ])("of a message %s gives %3$s", async (_, size, kind, sent) => {
    const target = queue();
    const result = await sendToQueue(target, rendered(JSON.stringify("x".repeat(size))), HEADERS);
    expect([result.kind, target.sent.length]).toEqual([kind, sent]);
  });

  test("measures bytes, not characters, and says why a message is impossible", async () => {
    const result = await sendToQueue(
      queue(),
      rendered(JSON.stringify("é".repeat(64_000))),
      HEADERS,
    );
    expect(result).toMatchObject({
      kind: "impossible",
      error: `the message has ${128_000 + empty} bytes, a queue takes 127900`,
    });
  });
});

describe("a service binding", () => {
  test("is called by a name of its subscriber", () => {
    expect(serviceUrl("crm-2")).toBe("https://crm-2.jobrelay.internal/");
  });
});
