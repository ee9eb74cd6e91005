import { describe, expect, test } from "vitest";
import { CACHED_KEYS, verifyingKey } from "../../../../src/ingest/verify/keys.io.ts";
import { toHex, utf8 } from "../../../../src/kernel/bytes.ts";
import { hmac, macOf } from "../../../../src/kernel/hmac.io.ts";

describe("a key that verifies", () => {
  test("is imported once", async () => {
    const key = await verifyingKey("once", "utf8", "sha256");
    expect(await verifyingKey("once", "utf8", "sha256")).toBe(key);
  });

  test("is another one for another secret, digest or form", async () => {
    const keys = await Promise.all([
      verifyingKey("6b6579", "utf8", "sha256"),
      verifyingKey("6b6579", "hex", "sha256"),
      verifyingKey("6b6579", "utf8", "sha1"),
      verifyingKey("6b657a", "utf8", "sha256"),
    ]);
    const macs = await Promise.all(
      keys.map(async (key) => (key === null ? "" : toHex(await macOf(key, utf8("data"))))),
    );
    expect(new Set(macs).size).toBe(4);
    expect(macs[1]).toBe(toHex(await hmac("sha256", utf8("key"), utf8("data"))));
  });

  test("is none for a text that has not the form", async () => {
    expect(await verifyingKey("no hex", "hex", "sha256")).toBeNull();
  });

  test("is forgotten when many others came after it, and works when it comes again", async () => {
    const first = await verifyingKey("first", "utf8", "sha256");
    for (let index = 0; index < CACHED_KEYS - 1; index += 1)
      await verifyingKey(`other ${index}`, "utf8", "sha256");
    expect(await verifyingKey("first", "utf8", "sha256")).toBe(first);
    await verifyingKey("one more", "utf8", "sha256");
    const again = await verifyingKey("first", "utf8", "sha256");
    expect(again).not.toBe(first);
    expect(again === null ? "" : toHex(await macOf(again, utf8("data")))).toBe(
      toHex(await hmac("sha256", utf8("first"), utf8("data"))),
    );
  });
});
