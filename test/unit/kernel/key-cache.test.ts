import { expect, test } from "vitest";
import { KeyCache, MAX_CACHED_KEYS } from "../../../src/kernel/key-cache.io.ts";

test("a key is loaded once and then kept", async () => {
  const cache = new KeyCache<string>();
  let loads = 0;
  const load = async (): Promise<string> => {
    loads += 1;
    return "key";
  };
  expect(await cache.get("a", load)).toBe("key");
  expect(await cache.get("a", load)).toBe("key");
  expect(loads).toBe(1);
});

test("a key that cannot be loaded is asked for again", async () => {
  const cache = new KeyCache<string>();
  expect(await cache.get("a", async () => null)).toBeNull();
  expect(await cache.get("a", async () => "now")).toBe("now");
});

test("the oldest key leaves when there are 257", async () => {
  const cache = new KeyCache<number>();
  for (let index = 0; index <= MAX_CACHED_KEYS; index += 1) {
    await cache.get(`key ${index}`, async () => index);
  }
  expect(await cache.get("key 1", async () => -1)).toBe(1);
  expect(await cache.get("key 0", async () => -1)).toBe(-1);
});
