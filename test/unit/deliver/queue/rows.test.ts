// The body of a row gives its dispatch back, and test events are known by their ids.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isTest,
  packDispatch,
  testDispatch,
  unpackDispatch,
} from "../../../../src/deliver/queue/rows.ts";
import type { Dispatch } from "../../../../src/model/messages.ts";
import { dispatch } from "./builders.ts";

describe("a row's body", () => {
  test("gives the dispatch back, with the provider's bytes or without", () => {
    fc.assert(
      fc.property(fc.option(fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const given: Dispatch =
          bytes === null
            ? dispatch
            : {
                ...dispatch,
                replay: "r",
                raw: { contentType: "text/plain", body: new Uint8Array(bytes) },
              };
        const { bytes: packed, jsonBytes } = packDispatch(given);
        expect(unpackDispatch(packed, jsonBytes, given.raw?.contentType ?? null)).toEqual(given);
      }),
    );
  });

  test("is the dispatch as JSON, and behind it the provider's bytes", () => {
    const raw = { contentType: "text/plain", body: Uint8Array.of(1, 2, 3) };
    const { bytes, jsonBytes } = packDispatch({ ...dispatch, raw });
    const json = new TextDecoder().decode(bytes.subarray(0, jsonBytes));
    expect(JSON.parse(json)).toEqual(dispatch);
    expect([...bytes.subarray(jsonBytes)]).toEqual([1, 2, 3]);
    expect(packDispatch(dispatch).bytes).toHaveLength(jsonBytes);
  });

  test("a test event is shaped like the end of an export", () => {
    expect(testDispatch("0a0b", "2026-11-21T19:00:00.000Z", "00-1-2-01")).toEqual({
      event: {
        version: "v3-beta",
        event: "job.finished",
        guid: "test-0a0b",
        status: "done",
        url: "https://example.com/exports/test.csv",
        details: {
          guid: "test-0a0b",
          status: "done",
          url: "https://example.com/exports/test.csv",
          totalExported: 1,
          total: 1,
          test: true,
        },
        id: "evt_test0a0b",
        seq: 1,
        attempt: 1,
        source: "test",
        account: "test",
        time: "2026-11-21T19:00:00.000Z",
      },
      provider: "test",
      traceparent: "00-1-2-01",
    });
  });

  test("a test event is known by its id, an ordinary one never is", () => {
    const { event: sent } = testDispatch("0a0b", "2026-11-21T19:00:00.000Z", "00-1-2-01");
    expect([
      isTest(sent.id),
      isTest("evt_7e57aaaaaaaaaaaaaaaaaaaa"),
      sent.id.includes("."),
    ]).toEqual([true, false, false]);
  });
});
