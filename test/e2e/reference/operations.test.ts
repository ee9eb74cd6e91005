// Asks every operation of the OpenAPI document with valid and invalid values: no answer is an error
// of the server, and none is one that the document does not have.

import addFormats from "ajv-formats";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATIONS } from "../../../src/api/description/operations.ts";
import type { Schema } from "../../../src/api/description/json-schema.ts";
import type { Operation } from "../../../src/api/description/operation.ts";
import { startReceiver, type Receiver } from "../../support/receiver.ts";
import { ADMIN_TOKEN, SOURCE_SECRETS, startRelay, type Relay } from "../../support/relay.ts";
import { exportComments, sender } from "../../support/senders.ts";
import { until } from "../../support/wait.ts";

/** Requests to each operation. */
const RUNS = Number(process.env["RUNS"] ?? 20);

type Document = Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;

interface DescribedOperation {
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Schema;
    readonly $ref?: string;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, unknown>> }>>;
}

let relay: Relay;
let receiver: Receiver;
let paths: Document;
let ajv: Ajv2020;
/** Values of path parameters that exist. */
const known: Record<string, string> = { account: "acme", type: "not-found", event: "job.created" };

/** Objects have no members but those that are described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  const copy = Object.fromEntries(members) as Record<string, unknown>;
  if (copy["type"] === "object" && copy["properties"] !== undefined)
    copy["additionalProperties"] ??= false;
  return copy;
}

beforeAll(async () => {
  receiver = await startReceiver();
  const comments = { provider: "exportcomments", secrets: ["COMMENTS_SECRET"], keepRefused: true };
  relay = await startRelay({
    vars: {
      SOURCES: [{ id: "comments", ...comments, account: "acme" }],
      SUBSCRIBERS: [{ id: "crm", url: receiver.url, secrets: ["SUBSCRIBER_SECRET"] }],
    },
  });
  const source = { provider: "exportcomments", source: "comments" } as const;
  const job = { guid: "described", page: "https://example.com/video", total: 10 };
  const send = sender(relay.url, { ...source, secret: SOURCE_SECRETS.exportcomments });
  await send(exportComments.created(job));
  await sender(relay.url, { ...source, secret: "another secret" })(exportComments.created(job));
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(relay.url + path, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    return (await answer.json()) as T;
  };
  interface List {
    readonly items: readonly { readonly id?: string; readonly n?: number }[];
  }
  const rejected = () => get<List>("/v1/sources/comments/rejected");
  const deliveries = () => get<List>("/v1/subscribers/crm/deliveries");
  await until(async () => (await rejected()).items.length > 0, { what: "the refused webhook" });
  await until(async () => (await deliveries()).items.length > 0, { what: "the delivery" });
  known["source"] = "comments";
  known["guid"] = "described";
  known["delivery"] = (await deliveries()).items[0]?.id ?? "";
  known["n"] = String((await rejected()).items[0]?.n ?? 0);
  const document = await get<Schema>("/openapi.json");
  paths = document["paths"] as Document;
  ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  ajv.addSchema({ ...(closed(document) as object), $id: "relay:openapi" });
});
afterAll(async () => {
  await relay.stop();
  await receiver.close();
});

const pointer = (...parts: readonly string[]): string =>
  parts.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");

const validators = new Map<string, ValidateFunction>();

function validator(...place: readonly string[]): ValidateFunction {
  const $ref = `relay:openapi#/${pointer("paths", ...place, "schema")}`;
  const made = validators.get($ref) ?? ajv.compile({ $ref });
  validators.set($ref, made);
  return made;
}

/** Values that a schema takes. */
function valid(schema: Schema): fc.Arbitrary<unknown> {
  const { type, enum: words, minimum = 0, maximum = 1_000, properties, required } = schema;
  if (Array.isArray(words)) return fc.constantFrom(...(words as unknown[]));
  switch (type) {
    case "integer":
      return fc.integer({ min: Number(minimum), max: Math.min(Number(maximum), 1_000_000) });
    case "array":
      return fc.array(valid((schema["items"] ?? {}) as Schema), { minLength: 1, maxLength: 3 });
    case "object": {
      const members = Object.entries((properties ?? {}) as Record<string, Schema>);
      return fc.record(Object.fromEntries(members.map(([name, one]) => [name, valid(one)])), {
        requiredKeys: (required ?? []) as string[],
      });
    }
    default:
      if (schema["format"] === "date-time")
        return fc
          .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
          .map((date) => date.toISOString());
      return schema["format"] === "uuid" ? fc.uuid() : fc.string({ minLength: 1, maxLength: 40 });
  }
}

const anything = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.integer().map(String),
  fc.constantFrom("", "null", "[]", "-1", "1e9", "../..", "\u0000", "%", "a".repeat(5_000)),
);

/** One part of a path: `.` and `..` would lead elsewhere before the relay sees them. */
const part = anything.filter((text) => text !== "" && !/^\.{1,2}$/.test(text));

interface Asked {
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly body: string | undefined;
  readonly key: string | undefined;
}

function requests(operation: Operation, described: DescribedOperation): fc.Arbitrary<Asked> {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const existing = (name: string): string =>
    name === "id" ? (operation.tag === "Sources" ? "comments" : "crm") : (known[name] ?? "");
  const path = fc.record(
    Object.fromEntries(
      names.map((name) => [
        name,
        fc.oneof({ weight: 3, arbitrary: fc.constant(existing(name)) }, part),
      ]),
    ),
  );
  const query = described.parameters
    .filter((one) => one.in === "query" && one.name !== "wait")
    .map(({ name, schema }) =>
      fc.option(
        fc
          .oneof({ weight: 3, arbitrary: valid(schema).map(String) }, anything)
          .map((value) => [name, value] as const),
        { nil: null, freq: 2 },
      ),
    );
  const stray = fc.option(fc.tuple(fc.constant("stray"), anything), { nil: null, freq: 9 });
  const schema = described.requestBody?.content["application/json"]?.schema;
  const body =
    schema === undefined
      ? fc.constant(undefined)
      : fc.oneof(
          { weight: 3, arbitrary: valid(schema).map((value) => JSON.stringify(value)) },
          fc.json(),
          anything,
          fc.constant(undefined),
        );
  return fc.record({
    path,
    query: fc
      .tuple(...query, stray)
      .map((all) => all.flatMap((one) => (one === null ? [] : [one]))),
    body,
    key: fc.option(fc.constantFrom("k1", "k2", "two words", "x".repeat(300)), {
      nil: undefined,
      freq: 3,
    }),
  });
}

async function ask(operation: Operation, asked: Asked): Promise<Response> {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent((asked.path[name] ?? "").toWellFormed()),
  );
  const query = new URLSearchParams(
    asked.query.map(([name, value]) => [name, value.toWellFormed()]),
  );
  const { method } = operation;
  return fetch(`${relay.url}${path}${asked.query.length === 0 ? "" : `?${query}`}`, {
    method,
    redirect: "manual",
    headers: {
      authorization: `Bearer ${ADMIN_TOKEN}`,
      ...(asked.key === undefined ? {} : { "idempotency-key": asked.key }),
    },
    ...(method === "POST" && asked.body !== undefined ? { body: asked.body.toWellFormed() } : {}),
  });
}

describe("every answer is one that the description has:", () => {
  test.each(OPERATIONS)("$method $path", async (operation) => {
    const method = operation.method.toLowerCase();
    const described = paths[operation.path]?.[method];
    if (described === undefined) throw new Error("not described");
    await fc.assert(
      fc.asyncProperty(requests(operation, described), async (asked) => {
        const answer = await ask(operation, asked);
        const text = await answer.text();
        const { status } = answer;
        expect(status).toBeLessThan(500);
        expect(Object.keys(described.responses)).toContain(String(status));
        const content = described.responses[String(status)]?.content;
        const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
        expect([type, ...(content === undefined ? [""] : [])]).toContain(
          content === undefined ? "" : (Object.keys(content).find((one) => one === type) ?? "none"),
        );
        const isJson = content !== undefined && type.endsWith("json");
        const place = [operation.path, method, "responses", String(status), "content", type];
        const validate = isJson ? validator(...place) : null;
        const fits = validate === null || validate(JSON.parse(text));
        expect([fits, fits ? null : validate?.errors, fits ? null : text]).toEqual([
          true,
          null,
          null,
        ]);
      }),
      { numRuns: RUNS },
    );
  });
});
