// The four formats on the wire, read back by the libraries that receivers use.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HTTP, type CloudEvent } from "cloudevents";
import { SIGNING_SECRET, startPairs, type Pair, type Pairs } from "../../support/relay-fixture.ts";
import { isSignedBy, jsonOf, type ReceivedRequest } from "../../support/receiver.ts";
import { SOURCE_SECRETS } from "../../support/relay.ts";
import { exportComments, postSigned, sign } from "../../support/senders.ts";

const PAIRS = {
  structured: { subscriber: { format: "cloudevents" } },
  binary: { subscriber: { format: "cloudevents-binary" } },
  "binary-guid": { subscriber: { format: "cloudevents-binary" } },
  raw: { subscriber: { format: "raw" }, also: ["beside-raw"] },
  "beside-raw": {},
  "raw-type": { subscriber: { format: "raw" } },
  "raw-retried": { subscriber: { format: "raw", retry: [0.3] } },
  "raw-throttled": { subscriber: { format: "raw" }, source: { throttle: 1 } },
  "raw-stalled": { subscriber: { format: "raw" }, source: { stallAfter: 1 } },
  "raw-test": { subscriber: { format: "raw" } },
  large: {},
} as const;

let pairs: Pairs<keyof typeof PAIRS>;
beforeAll(async () => {
  pairs = await startPairs(PAIRS);
});
afterAll(() => pairs.stop());

const job = (guid: string): exportComments.CommentsExport => ({
  guid,
  page: "https://example.com/video",
  total: 10,
});

const parsed = ({ headers, body }: ReceivedRequest): CloudEvent<Record<string, unknown>> =>
  HTTP.toEvent({ headers, body: body.toString("utf8") }) as CloudEvent<Record<string, unknown>>;

/** Posts exactly this text. */
async function sendText(
  { id }: Pair,
  body: string,
  contentType = "application/json",
): Promise<void> {
  const webhook = await sign({
    provider: "exportcomments",
    secret: SOURCE_SECRETS.exportcomments,
    body,
    now: Date.now(),
  });
  const answer = await postSigned(pairs.relay.url, id, {
    ...webhook,
    headers: { ...webhook.headers, "content-type": contentType },
  });
  if (answer.status !== 202) throw new Error(`refused: ${JSON.stringify(answer)}`);
}

describe.concurrent("CloudEvents", () => {
  test.each([
    { name: "structured", contentType: "application/cloudevents+json; charset=utf-8" },
    { name: "binary", contentType: "application/json" },
  ] as const)(
    "in $name mode are read by the official SDK, are valid, and are signed",
    async ({ name, contentType }) => {
      const { send, receiver } = pairs.pair(name);
      const { body } = await send(exportComments.finished(job(name)));
      const request = await receiver.waitFor(() => true);
      const event = parsed(request);
      event.validate();
      expect({
        contentType: request.headers["content-type"],
        id: event.id,
        type: event.type,
        source: event.source,
        subject: event.subject,
        datacontenttype: event.datacontenttype,
        specversion: event.specversion,
        signed: isSignedBy(request, SIGNING_SECRET),
      }).toEqual({
        contentType,
        id: body.events?.[0],
        type: "job.finished",
        source: `/sources/${name}`,
        subject: name,
        datacontenttype: "application/json",
        specversion: "1.0",
        signed: true,
      });
      expect(event.data).toMatchObject({
        version: "v3-beta",
        event: "job.finished",
        guid: name,
        status: "done",
        id: body.events?.[0],
        seq: 1,
        source: name,
        url: exportComments.downloadUrl(job(name)),
        details: { status: "done", totalExported: 10, total: 10 },
      });
      expect(event.data?.["time"]).toBe(new Date(event.time ?? "").toISOString());
    },
  );

  test("in binary mode keep a job id of any letters in their subject", async () => {
    const guid = 'jöb "1" 😀 50%';
    const { send, receiver } = pairs.pair("binary-guid");
    await send(exportComments.created(job(guid)));
    const request = await receiver.waitFor(() => true);
    expect({
      subject: decodeURIComponent(request.headers["ce-subject"] ?? ""),
      guid: jsonOf(request)["guid"],
    }).toEqual({
      subject: guid,
      guid,
    });
  });
});

/** A body that no writer of JSON would give back. */
const odd = (guid: string): string =>
  [
    `\uFEFF \r\n{ "event" :\t"job.created",\n "guid":"${guid}", "status":"queueing","url":null,\n`,
    `  "note":"\\u00e9 é e\u0301 😀 \u2028", "big":12345678901234567890, `,
    `"dup":1, "dup":2, "float":1.0 }\r\n\n`,
  ].join("");

/** Progress as a provider may write it. */
const rawProgress = (current: number): string =>
  `{"event":"job.progress", "guid":"throttled",  "current":${current},"total":10}`;

describe.concurrent("raw", () => {
  test("is the provider's bytes as they came, signed, while others get the envelope", async () => {
    const pair = pairs.pair("raw");
    await sendText(pair, odd("raw"));
    const [raw, other] = await Promise.all([
      pair.receiver.waitFor(() => true),
      pairs.pair("beside-raw").receiver.waitFor(() => true),
    ]);
    expect({
      body: raw.body.toString("hex"),
      signed: isSignedBy(raw, SIGNING_SECRET),
      type: raw.headers["content-type"],
      event: raw.headers["x-jobrelay-event"],
      sameId: raw.headers["webhook-id"] === other.headers["webhook-id"],
      other: jsonOf(other)["event"],
    }).toEqual({
      body: Buffer.from(odd("raw")).toString("hex"),
      signed: true,
      type: "application/json",
      event: "job.created",
      sameId: true,
      other: "job.created",
    });
  });

  test("has the provider's content type as it was written", async () => {
    const pair = pairs.pair("raw-type");
    await sendText(pair, odd("raw-type"), 'application/vnd.exports+json;Charset="UTF-8"; v=1');
    const { headers } = await pair.receiver.waitFor(() => true);
    expect(headers["content-type"]).toBe('application/vnd.exports+json;Charset="UTF-8"; v=1');
  });

  test("is the same on a retry", async () => {
    const pair = pairs.pair("raw-retried");
    pair.receiver.next({ status: 500 });
    await sendText(pair, odd("raw-retried"));
    const requests = await pair.receiver.waitForCount(2);
    expect(requests.map(({ body }) => body.toString("hex"))).toEqual(
      Array.from({ length: 2 }, () => Buffer.from(odd("raw-retried")).toString("hex")),
    );
  });

  test("of progress that waited for its window is the latest body", async () => {
    const pair = pairs.pair("raw-throttled");
    for (const current of [1, 2, 3, 4]) await sendText(pair, rawProgress(current));
    await pair.receiver.waitFor((request) => request.body.toString() === rawProgress(4));
    expect(pair.receiver.requests[0]?.body.toString()).toBe(rawProgress(1));
  });

  test("of the relay's own event about a job is the envelope", async () => {
    const pair = pairs.pair("raw-stalled");
    await sendText(pair, odd("raw-stalled"));
    const request = await pair.receiver.waitFor(
      ({ headers }) => headers["x-jobrelay-event"] === "job.stalled",
    );
    const { event, guid, status, seq } = jsonOf(request);
    expect({
      event,
      guid,
      status,
      seq,
      type: request.headers["content-type"],
      signed: isSignedBy(request, SIGNING_SECRET),
    }).toEqual({
      event: "job.stalled",
      guid: "raw-stalled",
      status: "queueing",
      seq: 2,
      type: "application/json",
      signed: true,
    });
  });

  test("of an event without a provider's body is the envelope", async () => {
    const { act, receiver } = pairs.pair("raw-test");
    await act("test");
    const request = await receiver.waitFor(() => true);
    expect({
      type: request.headers["content-type"],
      version: jsonOf(request)["version"],
      signed: isSignedBy(request, SIGNING_SECRET),
    }).toEqual({
      type: "application/json",
      version: "v3-beta",
      signed: true,
    });
  });
});

test.concurrent("an envelope of almost a megabyte arrives whole", async () => {
  const { send, receiver } = pairs.pair("large");
  const filler = "é".repeat(450_000);
  await send({ ...exportComments.created(job("large")), filler });
  const request = await receiver.waitFor(() => true);
  expect({
    filler: (jsonOf(request)["details"] as Record<string, unknown>)["filler"] === filler,
    signed: isSignedBy(request, SIGNING_SECRET),
  }).toEqual({
    filler: true,
    signed: true,
  });
});
