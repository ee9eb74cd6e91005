// A dispatch as the body of a row, and the dispatch of a test event.

import { concat, fromUtf8, utf8 } from "../../kernel/bytes.ts";
import type { JobEnvelope } from "../../model/event.ts";
import type { Dispatch } from "../../model/messages.ts";

/**
 * Bytes of a body in its row; the rest goes to rows of its own. A row holds at most 2 MB (Durable
 * Objects limits, 2026-10), and its attempts need some of them.
 */
export const MAX_ROW_BYTES = 1_500_000;

/** The body of a row: the dispatch as JSON (`jsonBytes` long), then the provider's bytes. */
export function packDispatch(dispatch: Dispatch): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly jsonBytes: number;
} {
  const { raw, ...rest } = dispatch;
  const json = utf8(JSON.stringify(rest));
  return { bytes: raw === undefined ? json : concat(json, raw.body), jsonBytes: json.byteLength };
}

/** Reads the body of a row; `contentType` is `null` when the provider's bytes were not kept. */
export function unpackDispatch(
  bytes: Uint8Array<ArrayBuffer>,
  jsonBytes: number,
  contentType: string | null,
): Dispatch {
  const dispatch = JSON.parse(fromUtf8(bytes.subarray(0, jsonBytes))) as Dispatch;
  return contentType === null
    ? dispatch
    : { ...dispatch, raw: { contentType, body: bytes.slice(jsonBytes) } };
}

/** Ids of test events begin like this. Ordinary ids have hex digits after `evt_`. */
const TEST_ID = "evt_test";

/** True for a test event of an operator: it belongs to no job and is tried once. */
export const isTest = (eventId: string): boolean => eventId.startsWith(TEST_ID);

/** A test event, shaped like the end of an export. `random` is an id's random part. */
export function testDispatch(random: string, time: string, traceparent: string): Dispatch {
  const guid = `test-${random}`;
  const event: JobEnvelope = {
    version: "v3-beta",
    event: "job.finished",
    guid,
    status: "done",
    url: "https://example.com/exports/test.csv",
    details: {
      guid,
      status: "done",
      url: "https://example.com/exports/test.csv",
      totalExported: 1,
      total: 1,
      test: true,
    },
    id: `${TEST_ID}${random}`,
    seq: 1,
    attempt: 1,
    source: "test",
    account: "test",
    time,
  };
  return { event, provider: "test", traceparent };
}
