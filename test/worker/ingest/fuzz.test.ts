// Bodies from anybody, rightly signed, to every provider: an answer below 500 each, and no throw.

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { PROVIDER_NAMES } from "../../../src/config/senders/senders.ts";
import type { Json } from "../../../src/kernel/json.ts";
import { presetSamples } from "../../../src/samples/presets.ts";

/** Bodies per provider; the environment's `RUNS` asks for more. */
const { FUZZ_RUNS = "" } = env as { readonly FUZZ_RUNS?: string };
const RUNS = FUZZ_RUNS === "" ? 1_000 : Number(FUZZ_RUNS);

/** Milliseconds for one body on a busy machine. */
const TIME_PER_BODY = 50;

const ENV = {
  ...env,
  LOG_LEVEL: "error",
  SOURCES: PROVIDER_NAMES.map((provider) => ({ id: provider, provider, verify: "none" })),
  RULES: [],
  // Jobs answer at once: what is tested is the way to them.
  JOB: { getByName: () => ({ ingest: () => Promise.resolve({ result: "accepted", events: [] }) }) },
  ACCOUNT: {
    getByName: () => ({ ingest: () => Promise.resolve({ result: "accepted", events: [] }) }),
  },
  CORRELATION: { getByName: () => ({ assign: () => Promise.resolve({ guid: "btz_1" }) }) },
  SOURCE: { getByName: () => ({ count: () => Promise.resolve() }) },
};

/** Members that some reader or map asks for, with values of any kind. */
const NAMES = ["event", "type", "guid", "data", "id", "status", "object", "payload", "details"];

const anyValue = fc.jsonValue({ maxDepth: 3 });
const named = fc.dictionary(fc.constantFrom(...NAMES), anyValue);

/** A sample with one of its members, at any depth, replaced. */
function changed(body: Json, at: readonly number[], value: Json): Json {
  const [first, ...rest] = at;
  if (typeof body !== "object" || body === null || first === undefined) return value;
  const entries = Object.entries(body);
  if (entries.length === 0) return value;
  const place = first % entries.length;
  const members = entries.map(([name, member]: readonly [string, Json], index): [string, Json] =>
    index === place ? [name, changed(member, rest, value)] : [name, member],
  );
  return Array.isArray(body) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

const texts = fc.oneof(
  fc.string(),
  fc.constantFrom("", "{", "[1e400]", '{"__proto__":{}}', "\ufeff{}", "[".repeat(65), "1e999"),
);

function bodies(provider: string): fc.Arbitrary<string> {
  const samples = presetSamples(provider).map(({ body }) => body);
  const places = fc.array(fc.nat(20), { maxLength: 4 });
  const variants = fc
    .tuple(fc.constantFrom(...(samples.length === 0 ? [{} as Json] : samples)), places, anyValue)
    .map(([body, at, value]) => JSON.stringify(changed(body, at, value as Json)));
  return fc.oneof(
    texts,
    anyValue.map((value) => JSON.stringify(value)),
    named.map((value) => JSON.stringify(value)),
    { arbitrary: variants, weight: 3 },
  );
}

const headersOf = (provider: string): Readonly<Record<string, string>> => ({
  "content-type": "application/json",
  ...presetSamples(provider)[0]?.headers,
});

beforeAll(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});

describe("any body", () => {
  test.each(PROVIDER_NAMES)(
    "is answered by %s, and never with 5xx",
    async (provider) => {
      const url = `http://relay.test/hooks/${provider}`;
      const headers = headersOf(provider);
      await fc.assert(
        fc.asyncProperty(bodies(provider), async (body) => {
          const request = new Request(url, { method: "POST", headers, body });
          const response = await app.fetch(request, ENV, createExecutionContext());
          expect([200, 202, 400, 413, 422]).toContain(response.status);
        }),
        { numRuns: RUNS },
      );
    },
    30_000 + RUNS * TIME_PER_BODY,
  );
});
