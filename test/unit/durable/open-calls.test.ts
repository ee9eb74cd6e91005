import { expect, test } from "vitest";
import { OpenCalls } from "../../../src/durable/open-calls.io.ts";

/** A disk that answers when it is told to. */
function slowDisk(): { readonly calls: OpenCalls; readonly answer: () => Promise<void> } {
  const waiting: (() => void)[] = [];
  const sync = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));
  const answer = async (): Promise<void> => {
    await expect.poll(() => waiting.length).toBe(1);
    waiting.pop()?.();
  };
  return { calls: new OpenCalls({ sync }), answer };
}

const openMany = (calls: OpenCalls, count: number): void => {
  for (let index = 0; index < count; index += 1) calls.open();
};

test("a thousand calls wait for a slow disk, and one more is refused until it answers", async () => {
  const { calls, answer } = slowDisk();
  openMany(calls, 1_000);
  expect(() => calls.open()).toThrow("overloaded");
  await answer();
  await expect.poll(() => attempt(calls)).toBe(true);
});

test("what comes while the disk is written to waits for the next answer", async () => {
  const { calls, answer } = slowDisk();
  openMany(calls, 400);
  await Promise.resolve();
  await Promise.resolve();
  openMany(calls, 600);
  expect(() => calls.open()).toThrow("overloaded");
  await answer();
  await expect.poll(() => attempt(calls)).toBe(true);
  openMany(calls, 399);
  expect(() => calls.open()).toThrow("overloaded");
});

test("a disk that fails lets the calls go, whose writes fail by themselves", async () => {
  const calls = new OpenCalls({ sync: () => Promise.reject(new Error("the disk is full")) });
  openMany(calls, 1_000);
  await expect.poll(() => attempt(calls)).toBe(true);
});

/** Whether a call is taken. */
function attempt(calls: OpenCalls): boolean {
  try {
    calls.open();
    return true;
  } catch {
    return false;
  }
}
