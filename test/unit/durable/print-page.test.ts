// Pages of fingerprints: which rows may hold a key.

import { array, nat, property, string, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { pageHas, pageOf, printOf } from "../../../src/durable/print-page.ts";
import { falsified } from "../kernel/falsified.ts";

test("a fingerprint stays what it is, because pages are stored", () => {
  expect([printOf(""), printOf("id:m-1"), printOf("body:ab12")]).toEqual([
    451_841_411, 571_728_419, 1_238_452_558,
  ]);
});

test("a page is four bytes a key, sorted", () => {
  const page = pageOf(["id:m-1", "id:m-2", "id:m-3"]);
  expect({ bytes: page.byteLength, sorted: [...page] }).toEqual({
    bytes: 12,
    sorted: [...page].toSorted((left, right) => left - right),
  });
});

test("a page has all of its keys, also after it was stored", () => {
  expect(
    falsified(
      property(array(string(), { minLength: 1 }), (keys) => {
        const stored = new Uint32Array(pageOf(keys).slice().buffer);
        if (!keys.every((key) => pageHas(stored, printOf(key)))) throw new Error("one is missing");
      }),
      500,
    ),
  ).toEqual([]);
});

test("a page has no fingerprint that none of its keys has", () => {
  expect(
    falsified(
      property(uniqueArray(nat(4_294_967_295), { minLength: 2 }), ([other = 0, ...prints]) => {
        const page = Uint32Array.from(prints).toSorted();
        if (pageHas(page, other)) throw new Error(`it has ${other}`);
      }),
      500,
    ),
  ).toEqual([]);
});
