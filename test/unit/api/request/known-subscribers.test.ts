// Ids of subscribers that a request names.

import { expect, test } from "vitest";
import { unknownSubscribers } from "../../../../src/api/request/known-subscribers.ts";
import type { Settings } from "../../../../src/config/settings.ts";

const settings = { subscribers: new Map([["crm", {}]]) } as unknown as Settings;

test("subscribers that are configured, or none, are nothing wrong", () => {
  expect(unknownSubscribers(undefined, settings)).toBeNull();
  expect(unknownSubscribers(["crm"], settings)).toBeNull();
});

test("those that are not configured are named", () => {
  expect(unknownSubscribers(["erp", "crm", "bi"], settings)).toEqual({
    status: 422,
    title: "No such subscriber",
    detail: "erp, bi",
  });
});
