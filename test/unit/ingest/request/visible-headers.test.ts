// Which headers of a request a map may read.

import { expect, test } from "vitest";
import { visibleHeaders } from "../../../../src/ingest/request/visible-headers.ts";
import { compiled } from "../recipe/build.ts";

const HEADERS = [
  ["content-type", "application/json"],
  ["authorization", "Bearer secret"],
  ["cookie", "session=secret"],
  ["proxy-authorization", "Basic secret"],
  ["x-signature", "proof"],
  ["x-acme-hmac-sha256", "proof"],
  ["x-acme-topic", "jobs"],
] as const;

const names = (recipe: Parameters<typeof visibleHeaders>[1]): readonly string[] =>
  Object.keys(visibleHeaders(HEADERS, recipe));

test("without a recipe a map reads all headers but those that carry credentials", () => {
  expect(visibleHeaders(HEADERS, null)).toEqual({
    "content-type": "application/json",
    "x-signature": "proof",
    "x-acme-hmac-sha256": "proof",
    "x-acme-topic": "jobs",
  });
});

test("the header of a recipe's proof is hidden, whatever case the recipe writes it in", () => {
  expect(names(compiled({ header: "X-Signature" }))).toEqual([
    "content-type",
    "x-acme-hmac-sha256",
    "x-acme-topic",
  ]);
});

test("a pattern hides the headers that begin and end like it, and no others", () => {
  expect(names(compiled({ header: "X-*-Hmac-SHA256" }))).toEqual([
    "content-type",
    "x-signature",
    "x-acme-topic",
  ]);
});

test("of several proofs each header is hidden", () => {
  const either = compiled([{ header: "X-Signature" }, { header: ["x-acme-topic", "x-other"] }]);
  expect(names(either)).toEqual(["content-type", "x-acme-hmac-sha256"]);
});
