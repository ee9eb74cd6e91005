// Timeouts that attempts share: each gets its whole limit, and none leaves a timer behind.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SharedTimeout } from "../../../../src/deliver/attempt/shared-timeout.io.ts";
import { SECOND } from "../../../../src/kernel/time.ts";

const LIMIT = 10 * SECOND;
/** How much later a shared limit ends at most. */
const LATE = LIMIT / 100;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Work that ends when asked to, or when its signal aborts. */
function work(
  timeouts: SharedTimeout,
  limit = LIMIT,
): { readonly end: () => void; readonly outcome: Promise<string>; began: AbortSignal | null } {
  const { promise, resolve } = Promise.withResolvers<string>();
  const made = {
    end: () => resolve("answer"),
    outcome: Promise.resolve(""),
    began: null as AbortSignal | null,
  };
  const hang = (signal: AbortSignal): Promise<string> => {
    made.began = signal;
    return new Promise((answer, fail) => {
      void promise.then(answer);
      signal.addEventListener("abort", () => fail(new Error("the platform's own words")));
    });
  };
  made.outcome = timeouts.run(limit, hang).catch((error: unknown) => String(error));
  return made;
}

test("work that ends in time ends with its own answer and leaves no timer", async () => {
  const timeouts = new SharedTimeout();
  const { outcome, end } = work(timeouts);
  expect(vi.getTimerCount()).toBe(1);
  end();
  expect(await outcome).toBe("answer");
  expect(vi.getTimerCount()).toBe(0);
});

test("work that does not is told so by name, within its limit and a hundredth", async () => {
  const { outcome, began } = work(new SharedTimeout());
  await vi.advanceTimersByTimeAsync(LIMIT - 1);
  expect(began?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1 + LATE);
  expect(await outcome).toBe("TimeoutError: no answer within 10000 ms");
  expect(vi.getTimerCount()).toBe(0);
});

test("attempts that begin together share a timer, and each has its whole limit", async () => {
  const timeouts = new SharedTimeout();
  const first = work(timeouts);
  await vi.advanceTimersByTimeAsync(LATE);
  const second = work(timeouts);
  expect(second.began).toBe(first.began);
  expect(vi.getTimerCount()).toBe(1);
  first.end();
  expect(await first.outcome).toBe("answer");
  await vi.advanceTimersByTimeAsync(LIMIT - 1);
  expect(second.began?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await second.outcome).toContain("TimeoutError");
});

test.each([
  ["begins later", LATE + 1, LIMIT],
  ["has another limit", 0, 2 * LIMIT],
])("one that %s has a timer of its own", async (_, later, limit) => {
  const timeouts = new SharedTimeout();
  const first = work(timeouts);
  await vi.advanceTimersByTimeAsync(later);
  const second = work(timeouts, limit);
  expect(second.began).not.toBe(first.began);
  await vi.advanceTimersByTimeAsync(LIMIT + LATE - later);
  expect(await first.outcome).toContain("TimeoutError");
  expect(second.began?.aborted).toBe(false);
  second.end();
  expect(await second.outcome).toBe("answer");
  expect(vi.getTimerCount()).toBe(0);
});

test("after a timeout the next one begins anew", async () => {
  const timeouts = new SharedTimeout();
  const hung = work(timeouts);
  await vi.advanceTimersByTimeAsync(LIMIT + LATE);
  await hung.outcome;
  const next = work(timeouts);
  expect(next.began?.aborted).toBe(false);
  next.end();
  expect(await next.outcome).toBe("answer");
});

test("a failure of the work itself passes as it is", async () => {
  const failing = new SharedTimeout().run(LIMIT, () =>
    Promise.reject(new Error("connection refused")),
  );
  await expect(failing).rejects.toThrow("connection refused");
  expect(vi.getTimerCount()).toBe(0);
});
