// What a typical job costs: rows, alarms and requests are exact, so a test holds them.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundleMetered } from "../bench/bill/metered-relay.ts";
import { billOf } from "../bench/bill/prices.ts";
import { LIVES, play } from "../bench/bill/scenarios.ts";
import type { Bundle } from "../bench/relay.ts";

let bundle: Bundle;
beforeAll(() => {
  bundle = bundleMetered();
});
afterAll(() => bundle.remove());

describe("a typical job", () => {
  test.each([
    { life: LIVES[0], rows: 2.2, requests: 1.8, dollars: 2.8 },
    { life: LIVES[1], rows: 2.2, requests: 1.75, dollars: 2.8 },
    // To the end of retention: what statements delete is written, too.
    { life: LIVES[6], rows: 2.85, requests: 2.05, dollars: 3.5 },
  ])("costs no more than its budget: $life.name", async ({ life, rows, requests, dollars }) => {
    const { usage, webhooks } = await play(bundle, life);
    const bill = billOf(usage, webhooks);
    expect(bill.rows + bill.alarms).toBeLessThanOrEqual(rows);
    expect(bill.objectRequests).toBeLessThanOrEqual(requests);
    expect(bill.dollars).toBeLessThanOrEqual(dollars);
  });
});
