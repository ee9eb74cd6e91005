import { describe, expect, test } from "vitest";
import { verifyingKey } from "../../../../src/ingest/verify/keys.io.ts";
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
});
