import { describe, expect, test } from "vitest";
import { normalize, type PreparedUpdate } from "../../../../src/ingest/normalize/normalize.io.ts";
import { exportcomments } from "../../../../src/ingest/providers/exportcomments/exportcomments.ts";
import {
  fitsRow,
  MAX_UPDATE,
  NEVER_TOO_LARGE,
} from "../../../../src/ingest/normalize/update-size.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import type { Json } from "../../../../src/kernel/json.ts";
import { arrival } from "../build.ts";

/** What a body becomes. */
async function readyOf(body: string): Promise<readonly PreparedUpdate[]> {
  const raw = { contentType: "application/json", body: utf8(body) };
  const result = await normalize(exportcomments, arrival(body), JSON.parse(body) as Json, {
    traceparent: "00-t",
    now: 1,
    raw,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

const jobBody = (details: string): string =>
  `{"event":"job.progress","guid":"g","details":{"filler":${details}}}`;

/** The bytes of the update that a body with this much text becomes. */
async function sizeOf(details: string): Promise<number> {
  const [one] = await readyOf(jobBody(details));
  if (one?.kind !== "job") throw new Error("no job");
  return utf8(JSON.stringify({ ...one.update, raw: undefined })).byteLength;
}

describe("an update", () => {
  test("fits at the limit, and not one byte over", async () => {
    const rest = (await sizeOf('""')) - 2;
    const text = (size: number): string => JSON.stringify("x".repeat(size - rest - 2));
    expect(fitsRow(await readyOf(jobBody(text(MAX_UPDATE))), MAX_UPDATE)).toBe(true);
    expect(fitsRow(await readyOf(jobBody(text(MAX_UPDATE + 1))), MAX_UPDATE)).toBe(false);
  });

  test("is measured in bytes, not characters", async () => {
    expect(fitsRow(await readyOf(jobBody(`"${"€".repeat(600_000)}"`)), 600_000)).toBe(false);
  });

  test.each([
    ["numbers that are longer once they are written out", jobBody(`[${"1e20,".repeat(209_000)}1]`)],
    [
      "a path of a file that is longer once it is encoded",
      `{"event":"job.finished","guid":"g","url":"/${"é".repeat(500_000)}"}`,
    ],
    [
      "one error in two places",
      `{"event":"job.failed","guid":"g","error":"${"x".repeat(1_000_000)}"}`,
    ],
    [
      "a message of an account",
      `{"type":"subscription.updated","plan":[${"1e20,".repeat(209_000)}1]}`,
    ],
  ])("of at most 1 MiB may not fit: %s", async (_, body) => {
    const { byteLength } = utf8(body);
    expect(byteLength).toBeLessThanOrEqual(1_048_576);
    expect(fitsRow(await readyOf(body), byteLength)).toBe(false);
  });

  test.each([
    ["numbers", (size: number) => jobBody(`[${"1e20,".repeat(Math.floor((size - 100) / 5))}1]`)],
    [
      "paths",
      (size: number) =>
        `{"event":"job.finished","guid":"g","url":"/${"é".repeat(Math.floor((size - 100) / 2))}"}`,
    ],
    [
      "errors",
      (size: number) =>
        `{"event":"job.failed","guid":"g","error":"${"\\u0001".repeat(Math.floor((size - 100) / 6))}"}`,
    ],
  ])("of a body that is never measured fits: %s", async (_, bodyOf) => {
    const body = bodyOf(NEVER_TOO_LARGE);
    expect(utf8(body).byteLength).toBeLessThanOrEqual(NEVER_TOO_LARGE);
    expect(fitsRow(await readyOf(body), Number.MAX_SAFE_INTEGER)).toBe(true);
  });
});
