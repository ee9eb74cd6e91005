// Ids at the limit: what is accepted is found, and erased, by its address.

import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { toHex, utf8 } from "../../../src/kernel/bytes.ts";
import { hmacSha256 } from "../../../src/kernel/hmac.io.ts";

/** Posts the creation of an export that ExportComments signed. */
async function create(guid: string): Promise<number> {
  const body = JSON.stringify({ event: "job.created", guid, status: "queueing" });
  const signature = toHex(await hmacSha256(env.COMMENTS_SECRET, utf8(body)));
  const { status } = await exports.default.fetch("http://relay.test/hooks/comments", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", "x-signature": signature },
  });
  return status;
}

/** Asks for a job by its address. */
async function ask(method: "GET" | "DELETE", guid: string): Promise<number> {
  const address = `http://relay.test/v1/jobs/comments/${encodeURIComponent(guid)}`;
  const { status } = await exports.default.fetch(address, {
    method,
    headers: { authorization: "Bearer test-admin-token" },
  });
  return status;
}

test.each([
  ["255 letters", "x".repeat(255)],
  ["255 characters of three bytes", "語".repeat(255)],
  ["127 characters of two units and a letter", `${"😀".repeat(127)}x`],
  ["a line separator alone", "\u2028"],
  ["a space alone", " "],
])("a guid of %s is accepted, read and erased", async (_, guid) => {
  expect(await create(guid)).toBe(202);
  expect(await ask("GET", guid)).toBe(200);
  expect(await ask("DELETE", guid)).toBe(204);
});

test.each([
  ["256 letters", "x".repeat(256)],
  ["130 characters of two units", "😀".repeat(130)],
  ["254 letters and a character of two units", `${"x".repeat(254)}😀`],
])("a guid of %s is refused", async (_, guid) => {
  expect(await create(guid)).toBe(422);
  expect(await ask("GET", guid)).toBe(404);
});
