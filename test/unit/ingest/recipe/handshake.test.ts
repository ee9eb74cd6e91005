import { describe, expect, test } from "vitest";
import {
  compileHandshake,
  HMAC_ROOT,
  isTrue,
  rootWithDigests,
  signedTexts,
} from "../../../../src/ingest/recipe/handshake.ts";
import { handshakeReply, MAX_REPLY_CHARS } from "../../../../src/ingest/recipe/handshake.io.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { ok } from "../../../../src/kernel/result.ts";
import { compiled, compileExpression } from "./build.ts";

const ZOOM = {
  event: "endpoint.url_validation",
  payload: { plainToken: "qgg8vlvZRS6UYooatFL8Aw" },
  event_ts: 1_654_503_849_680,
};

/** The reply of the first way of proof. */
async function reply(recipe: unknown, root: Json, secret: string | null = "jobrelay-test") {
  const [scheme] = compiled(recipe).schemes;
  return scheme === undefined ? null : handshakeReply(scheme, root, secret);
}

describe("Zoom's validation", () => {
  test("is answered with the token and its HMAC in hex", async () => {
    expect(await reply("zoom", ZOOM)).toEqual({
      plainToken: "qgg8vlvZRS6UYooatFL8Aw",
      encryptedToken: "dcffb8e14d46d4c83de34799927c049b09d1846860457daab0ce7bdb85a3a687",
    });
  });

  test.each([
    ["another event", { ...ZOOM, event: "recording.completed" }],
    ["no token", { ...ZOOM, payload: {} }],
    ["a token that is no text", { ...ZOOM, payload: { plainToken: { a: 1 } } }],
    ["a token over 1,024 characters", { ...ZOOM, payload: { plainToken: "x".repeat(1_025) } }],
    ["a list", [ZOOM]],
    ["no object", "endpoint.url_validation"],
  ])("is not answered for %s", async (_, root) => {
    expect(await reply("zoom", root)).toBeNull();
  });

  test("is not answered without the secret", async () => {
    expect(await reply("zoom", ZOOM, null)).toBeNull();
  });

  test("cannot be given digests by the body", async () => {
    const root = { ...ZOOM, [HMAC_ROOT]: { r0: "forged" } };
    expect(await reply("zoom", root)).toMatchObject({
      encryptedToken: "dcffb8e14d46d4c83de34799927c049b09d1846860457daab0ce7bdb85a3a687",
    });
  });
});

describe("Slack's challenge", () => {
  test("is answered with itself", async () => {
    const root = { type: "url_verification", challenge: "3eZbrw1aB", token: "t" };
    expect(await reply("slack", root)).toEqual({ challenge: "3eZbrw1aB" });
  });

  test("is not sought in events", async () => {
    expect(await reply("slack", { type: "event_callback", challenge: "x" })).toBeNull();
  });

  test("is not answered when it is too long", async () => {
    const root = { type: "url_verification", challenge: "x".repeat(MAX_REPLY_CHARS) };
    expect(await reply("slack", root)).toBeNull();
  });
});

test("a recipe without a handshake answers nothing", async () => {
  expect(await reply("github", { challenge: "x" })).toBeNull();
});

test("a text is a reply as well", async () => {
  const recipe = { header: "x-s", handshake: { when: "challenge", reply: "challenge" } };
  expect(await reply(recipe, { challenge: "abc" })).toBe("abc");
});

/** What is compiled for a reply, the reply first. */
function compiledTexts(text: string): readonly string[] | string {
  const texts: string[] = [];
  const handshake = compileHandshake({ when: "a", reply: text }, (expression) => {
    texts.push(expression);
    return ok(() => null);
  });
  return handshake.ok ? texts.slice(1) : handshake.fault.message;
}

test.each([
  ["a", ["a"]],
  ["hmac(a)", ['"$hmac".r0', "a"]],
  ["hmac (a)", ['"$hmac".r0', "a"]],
  ["{a: hmac(x.y), b: hmac(z)}", ['{a: "$hmac".r0, b: "$hmac".r1}', "x.y", "z"]],
  ["join('', [hmac(to_string(a))])", ["join('', [\"$hmac\".r0])", "to_string(a)"]],
  ["hmac(join('', ['(', a]))", ['"$hmac".r0', "join('', ['(', a])"]],
  ["'hmac(a)'", ["'hmac(a)'"]],
  ['"hmac(a)"', ['"hmac(a)"']],
  ['`"hmac(a)"`', ['`"hmac(a)"`']],
  ["'it\\'s hmac(a)'", ["'it\\'s hmac(a)'"]],
  ["`hmac(a)`", ["`hmac(a)`"]],
  ["xhmac(a)", ["xhmac(a)"]],
  ["hmacs(a)", ["hmacs(a)"]],
  ["hmac", ["hmac"]],
  ["hmac(a", "must have one expression in hmac(…)"],
  ["hmac('a)", "must have one expression in hmac(…)"],
  ["hmac( )", "must have one expression in hmac(…)"],
  ["[hmac(a),hmac(a),hmac(a),hmac(a),hmac(a)]", "must call hmac at most 4 times"],
])("the reply %s is compiled as %j", (text, expected) => {
  expect(compiledTexts(text)).toEqual(expected);
});

test("a mistake in the expression of hmac is a mistake in the reply", () => {
  const handshake = compileHandshake({ when: "a", reply: "hmac(!)" }, compileExpression);
  expect(handshake).toEqual({ ok: false, fault: { at: "reply", message: "is no expression" } });
});

test("a mistake in the reply itself is one of the reply", () => {
  const handshake = compileHandshake({ when: "a", reply: "(" }, compileExpression);
  expect(handshake).toEqual({ ok: false, fault: { at: "reply", message: "is no expression" } });
});

test("a text of 1,024 characters is signed, and a longer one is not", () => {
  const texts = [1_024, 1_025].map((length) => {
    const root = "x".repeat(length);
    return signedTexts({ when: () => true, reply: () => null, signed: [() => root] }, root);
  });
  expect(texts).toEqual([["x".repeat(1_024)], null]);
});

test("a root without digests, or that is no object, stays as it is", () => {
  const root = { a: 1 };
  expect(rootWithDigests(root, [])).toBe(root);
  expect(rootWithDigests([1], ["d"])).toEqual([1]);
  expect(rootWithDigests(root, ["d"])).toEqual({ a: 1, $hmac: { r0: "d" } });
});

test.each([
  [null, false],
  [false, false],
  ["", false],
  [[], false],
  [{}, false],
  [0, true],
  [true, true],
  ["x", true],
  [[null], true],
  [{ a: null }, true],
])("%j is true as JMESPath has it: %s", (value, truth) => {
  expect(isTrue(value)).toBe(truth);
});
