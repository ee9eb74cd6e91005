// What reads the bodies of a source: code of a provider, or the map of a sender that is data.

import { describe, expect, test } from "vitest";
import { betterez } from "../../../../src/ingest/providers/betterez.ts";
import { providerOf } from "../../../../src/ingest/providers/registry.ts";
import { arrival, source } from "../build.ts";
import { map } from "../map/build.ts";
import { compiled } from "../recipe/build.ts";

test("a provider with code of its own is read by that", () => {
  const meaning = { kind: "reader", reader: "betterez" } as const;
  expect(providerOf(source({ provider: "betterez", meaning }))).toBe(betterez);
});

describe("a map", () => {
  const sender = source({
    provider: "acme",
    meaning: {
      kind: "map",
      map: map({
        id: '"$query".topic',
        account: '"$headers"."x-account"',
        error: '"$headers"."x-signature"',
        status: "secret",
      }),
    },
    recipe: compiled({ header: "X-Signature" }),
    redact: ["secret"],
  });
  const body = { event: "job.failed", guid: "g1", secret: "s" };
  const read = (url: string): unknown => {
    const headers = { "X-Account": "acme", "X-Signature": "proof" };
    return providerOf(sender).read(body, { ...arrival("{}", headers, sender), url });
  };

  test("reads query and headers of the request, and neither its proof nor what is redacted", () => {
    expect(read("https://relay.example.com/hooks/acme?topic=a%20b")).toMatchObject({
      ok: true,
      value: [{ kind: "job", key: "a b", account: "acme", standard: { error: "job.failed" } }],
    });
  });

  test("reads no query of a publication, which came to no address", () => {
    expect(read("")).toMatchObject({ ok: true, value: [{ key: null, account: "acme" }] });
  });
});
