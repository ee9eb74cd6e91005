import { afterEach, expect, test, vi } from "vitest";
import { log, logError, maskUrls } from "../../../src/kernel/log.io.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("a line is one JSON object that begins with its own name", () => {
  const lines = vi.spyOn(console, "info").mockReturnValue();
  log("info", "info", "delivery.attempted", { name: "job.finished", status: 200 });
  expect(lines.mock.calls).toEqual([
    ['{"event":"delivery.attempted","name":"job.finished","status":200}'],
  ]);
});

test("a line below the threshold is not written", () => {
  const lines = vi.spyOn(console, "info").mockReturnValue();
  log("warn", "info", "ingest.accepted");
  expect(lines).not.toHaveBeenCalled();
});

test("an error is told without the addresses in its message", () => {
  const lines = vi.spyOn(console, "error").mockReturnValue();
  logError("job.alarm_failed", new TypeError("no answer from https://x.example/hook?token=1 yet"), {
    job: "comments/1",
  });
  expect(lines.mock.calls).toEqual([
    [
      '{"event":"job.alarm_failed","job":"comments/1",' +
        '"error":"TypeError: no answer from <url> yet"}',
    ],
  ]);
});

test.each([
  ["wss://host/path and http://other", "<url> and <url>"],
  ["nothing to hide: a/b", "nothing to hide: a/b"],
])("the URLs of %j are masked", (text, masked) => {
  expect(maskUrls(text)).toBe(masked);
});
