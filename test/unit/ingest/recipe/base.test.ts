import { describe, expect, test } from "vitest";
import { MAX_BASE_PARTS, parseBase, piecesOf } from "../../../../src/ingest/recipe/base.ts";
import { fromUtf8 } from "../../../../src/kernel/bytes.ts";
import { posted, type Posted } from "./build.ts";

interface Given extends Posted {
  readonly t?: string;
  readonly id?: string;
}

/** The text that is signed; pieces that are filled in later stand in angle brackets. */
function written(template: string, given: Given = {}): string | null {
  const base = parseBase(template);
  if (!base.ok) throw new Error(base.fault);
  const { t = null, id = null, ...request } = given;
  const pieces = piecesOf(base.value, { request: posted(request), t, id });
  if (pieces === null) return null;
  return pieces.map((piece) => ("kind" in piece ? `<${piece.kind}>` : fromUtf8(piece))).join("");
}

const BODY = '{"a": {"b": [10, {"c": "deep"}]}, "n": 1.5, "yes": true, "no": null, "e": ""}';

test.each([
  ["{body}", BODY],
  ["v0:{t}:{body}", `v0:17:${BODY}`],
  ["{id}.{t}.{body}", `msg_1.17.${BODY}`],
  ["{body|json}", '{"a":{"b":[10,{"c":"deep"}]},"n":1.5,"yes":true,"no":null,"e":""}'],
  ["{method}{url}{body}{t}", `POSThttps://relay.example.com/hooks/test?x=1${BODY}17`],
  ["{url|port}", "https://relay.example.com:443/hooks/test?x=1"],
  ["{header:X-Topic}\n{t}\n{body|sha256|hex}", "orders\n17\n<body-digest>"],
  ["{body}{t}{secret}", `${BODY}17<secret>`],
  ["{json:a.b[0]}.{t}", "10.17"],
  ["{json:a.b.1.c}", "deep"],
  ["{json:n}{json:yes}", "1.5true"],
  ["{json:e}{t}", "17"],
  ["{body}.end", `${BODY}.end`],
  ["{body}".repeat(MAX_BASE_PARTS), BODY.repeat(MAX_BASE_PARTS)],
])("%s is %j", (template, expected) => {
  const url = "https://relay.example.com/hooks/test?x=1";
  const headers = { "x-topic": "orders" };
  expect(written(template, { body: BODY, t: "17", id: "msg_1", url, headers })).toBe(expected);
});

test("a place in a list is a whole number in digits", () => {
  const body = '{"l":[0,1,2,3,4,5,6,7,8,9,"tenth"]}';
  const found = ["{json:l[10]}", "{json:l.10}", "{json:l.0x1}", "{json:l.1e0}"].map((template) =>
    written(template, { body }),
  );
  expect(found).toEqual(["tenth", "tenth", null, null]);
});

test("a path has sixteen keys at most", () => {
  expect(parseBase(`{json:${"a.".repeat(15)}a}`).ok).toBe(true);
});

test("only a part of free form, with a text and other such parts after it, has an end", () => {
  const ends = ["{body}.{url}", "{id}{body}{url}", "{id}.{t}.{url}", "{id}.{t}"].map((template) => {
    const base = parseBase(template);
    return base.ok && base.value.map((one) => ("until" in one ? one.until : one.kind));
  });
  expect(ends).toEqual([
    ["body", "literal", "url"],
    [null, "body", "url"],
    [".", "literal", "t", "literal", "url"],
    [null, "literal", "t"],
  ]);
  expect(written("{id}{body}", { id: "nullify", body: "x" })).toBe("nullifyx");
});

test.each([
  ["{header:x-none}", "a header that is not there"],
  ["{json:no}", "null"],
  ["{json:a}", "an object"],
  ["{json:a.b}", "a list"],
  ["{json:a.b[9]}", "a member beyond the end"],
  ["{json:a.b.length}", "what a list has by nature"],
  ["{json:constructor.name}", "what an object has by nature"],
  ["{json:toString}", "a method"],
  ["{t}{body}", "an instant that is not there"],
  ["{id}{body}", "an id that is not there"],
])("%s gives no base: %s", (template) => {
  expect(written(template, { body: BODY })).toBeNull();
});

describe("a body that is no JSON", () => {
  test.each(["{json:a}", "{body|json}"])("gives no %s", (template) => {
    expect(written(template, { body: "a=1" })).toBeNull();
  });

  test("that is nested too deep gives none either, and is not parsed", () => {
    const body = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(written("{body|json}", { body })).toBeNull();
  });
});

describe("a form", () => {
  test.each([
    ["b=2&a=1", "a1b2"],
    ["a=2&a=1&a=2", "a1a2"],
    ["To=%2B1+2&From=x", "FromxTo+1 2"],
    ["a", "a"],
    ["", ""],
    ["Z=1&a=2", "Z1a2"],
  ])("%s is %j", (body, expected) => {
    expect(written("{body|form}", { body })).toBe(expected);
  });

  test("of a thousand fields is read, of one more it is not", () => {
    const body = Array.from({ length: 1_000 }, (_, index) => `f${index}=1`).join("&");
    expect(written("{body|form}", { body })).not.toBeNull();
    expect(written("{body|form}", { body: `${body}&more=1` })).toBeNull();
  });
});

describe("an address", () => {
  test.each([
    ["https://a.example.com/x", "https://a.example.com:443/x"],
    ["http://a.example.com/x", "http://a.example.com:80/x"],
    ["https://a.example.com:8443/x", "https://a.example.com:8443/x"],
    ["https://a.example.com/x?u=https://a.example.com", null],
    ["no address", "no address"],
    ["ftp://a.example.com/x", "ftp://a.example.com/x"],
  ])("%s has the default port as %s", (url, expected) => {
    const whole = expected ?? "https://a.example.com:443/x?u=https://a.example.com";
    expect(written("{url|port}", { url })).toBe(whole);
  });
});

// Whoever may choose an id could move the end of it, were the text after it allowed inside.
describe("parts of free form", () => {
  test.each([
    ["{id}.{t}.{body}", { id: "a.123" }, null],
    ["{id}.{t}.{body}", { id: "a-123" }, "a-123.17.x"],
    ["{header:x-a}:{body}", { headers: { "x-a": "a:b" } }, null],
    ["{json:k}.{t}", { body: '{"k":"a.b"}' }, "a.b.17"],
    ["{json:k}.{json:k}", { body: '{"k":"a.b"}' }, null],
    ["{id}{body}", { id: "a.b" }, "a.bx"],
  ])("%s with %j is %j", (template, given, expected) => {
    expect(written(template, { body: "x", t: "17", ...given })).toBe(expected);
  });
});

test.each([
  ["", "must have a part of the request, as {body}"],
  ["constant", "must have a part of the request, as {body}"],
  ["{t}", "must have a part of the request, as {body}"],
  ["{secret}{method}", "must have a part of the request, as {body}"],
  [
    "{body",
    "knows only the parts {body}, {body|json}, {body|form}, {body|sha256|hex}, {t}, {id}, {url}, {url|port}, {method}, {header:name}, {json:path} and {secret}",
  ],
  ["{bodyx", "knows only the parts"],
  ["{body|sha256|hexx}", "knows only the parts"],
  ["{xbody|sha256|hex}", "knows only the parts"],
  ["{xheader:a}", "knows only the parts"],
  ["{xjson:a}", "knows only the parts"],
  [`{json:${"a".repeat(257)}}`, "knows only the parts"],
  ["{nobody}", "knows only the parts"],
  ["{body|sha256}", "knows only the parts"],
  ["{body|md5|hex}", "knows only the parts"],
  ["{header:}", "knows only the parts"],
  ["{header:x y}", "knows only the parts"],
  ["{header:x\r\ny}", "knows only the parts"],
  ["{json:}", "knows only the parts"],
  ["{json:a..b}", "knows only the parts"],
  ["{json:__proto__}", "knows only the parts"],
  ["{json:a.__proto__.b}", "knows only the parts"],
  ["{json:a[b]}", "knows only the parts"],
  [`{json:${"a.".repeat(16)}a}`, "knows only the parts"],
  ["{body}".repeat(MAX_BASE_PARTS + 1), `must have at most ${MAX_BASE_PARTS} parts`],
])("%j is no base: it %s", (template, message) => {
  const base = parseBase(template);
  expect(base.ok ? "" : base.fault).toContain(message);
});
