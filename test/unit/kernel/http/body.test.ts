import { describe, expect, test, vi } from "vitest";
import { discardRest, readBody } from "../../../../src/kernel/http/body.io.ts";

/**
 * A request whose body comes in chunks; tells how many were asked for and whether the rest was
 * cancelled.
 */
function chunked(sizes: readonly number[], headers: Readonly<Record<string, string>> = {}) {
  const seen = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = sizes[seen.pulled];
        seen.pulled += 1;
        if (size === undefined) controller.close();
        else if (size < 0) controller.error(new Error("gone"));
        else controller.enqueue(new Uint8Array(size).fill(seen.pulled));
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const init = { method: "POST", body, headers, duplex: "half" };
  return { request: new Request("http://relay.test/hooks/x", init), seen };
}

describe("readBody", () => {
  test("joins the chunks of a body at the limit", async () => {
    const { request } = chunked([3, 0, 2]);
    expect(await readBody(request, 5)).toEqual({ ok: true, value: Uint8Array.of(1, 1, 1, 3, 3) });
  });

  test("refuses one byte over it, and reads no further", async () => {
    const { request, seen } = chunked([3, 3, 3, 3, 3]);
    expect(await readBody(request, 5)).toEqual({ ok: false, fault: "too-large" });
    expect(seen).toEqual({ pulled: 2, cancelled: false });
  });

  test("a declared length over the limit is refused before a byte is read", async () => {
    const { request, seen } = chunked([1], { "content-length": "6" });
    expect(await readBody(request, 5)).toEqual({ ok: false, fault: "too-large" });
    expect(seen).toEqual({ pulled: 0, cancelled: false });
  });

  test("a declared length that is too small is not believed", async () => {
    const { request } = chunked([6], { "content-length": "1" });
    expect(await readBody(request, 5)).toEqual({ ok: false, fault: "too-large" });
  });

  test("a body that breaks off is interrupted", async () => {
    const { request } = chunked([2, -1]);
    expect(await readBody(request, 5)).toEqual({ ok: false, fault: "interrupted" });
  });

  test("no body is an empty one", async () => {
    expect(await readBody(new Request("http://relay.test/", { method: "POST" }), 5)).toEqual({
      ok: true,
      value: new Uint8Array(),
    });
  });
});

describe("discardRest", () => {
  test("reads a refused body to its end, whether it was begun or not", async () => {
    const begun = chunked([3, 3, 3]);
    await readBody(begun.request, 5);
    await discardRest(begun.request.body);
    expect(begun.seen).toEqual({ pulled: 4, cancelled: false });
    const unread = chunked([1, 1]);
    await discardRest(unread.request.body);
    expect(unread.seen).toEqual({ pulled: 3, cancelled: false });
  });

  test("cancels what is left behind 16 MiB", async () => {
    const mebibyte = 1_048_576;
    const { request, seen } = chunked(Array.from({ length: 20 }, () => mebibyte));
    await discardRest(request.body);
    expect(seen).toEqual({ pulled: 17, cancelled: true });
  });

  test("waits five seconds for one that does not come, and cancels it", async () => {
    vi.useFakeTimers();
    const seen = { cancelled: false };
    const body = new ReadableStream<Uint8Array>({
      cancel() {
        seen.cancelled = true;
      },
    });
    const ending = discardRest(body);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(seen).toEqual({ cancelled: false });
    await vi.advanceTimersByTimeAsync(1);
    await expect(ending).resolves.toBeUndefined();
    expect(seen).toEqual({ cancelled: true });
    vi.useRealTimers();
  });

  test("a body that was read, breaks off or is not there needs nothing", async () => {
    const read = chunked([2]);
    await readBody(read.request, 5);
    await expect(discardRest(read.request.body)).resolves.toBeUndefined();
    await expect(discardRest(chunked([2, -1]).request.body)).resolves.toBeUndefined();
    await expect(discardRest(null)).resolves.toBeUndefined();
  });
});
