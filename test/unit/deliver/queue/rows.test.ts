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

  test("a test event is known by its id, an ordinary one never is", () => {
    const { event: sent } = testDispatch("0a0b", "2026-11-21T19:00:00.000Z", "00-1-2-01");
    expect([
      isTest(sent.id),
      isTest("evt_7e57aaaaaaaaaaaaaaaaaaaa"),
      sent.id.includes("."),
    ]).toEqual([true, false, false]);
  });
});
