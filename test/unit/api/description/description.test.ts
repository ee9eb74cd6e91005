// The description of the API: valid documents, examples that hold, and pages that read well.

import { Parser } from "@asyncapi/parser";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { asyncApi } from "../../../../src/api/description/asyncapi.ts";
import { EVENTS, eventSchema } from "../../../../src/api/description/events.ts";
import { openApi } from "../../../../src/api/description/openapi.ts";
import { OPERATIONS } from "../../../../src/api/description/operations.ts";
import { routeOf } from "../../../../src/api/description/operation.ts";
import { problemDocument, referencePage } from "../../../../src/api/description/page.ts";
import { PROBLEMS } from "../../../../src/api/description/problems.ts";
import { BODIES, QUERIES } from "../../../../src/api/request/query.ts";
import { PROBLEM_TYPES } from "../../../../src/kernel/problem.ts";

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

describe("the OpenAPI document", () => {
  test("is valid", async () => {
    expect(await new Validator().validate(structuredClone(openApi()))).toMatchObject({
      valid: true,
    });
  });

  test("describes every query and every body that is parsed", () => {
    const routes = new Set(OPERATIONS.map(routeOf));
    expect(
      [...Object.keys(QUERIES), ...Object.keys(BODIES)].filter((one) => !routes.has(one)),
    ).toEqual([]);
  });

  test("has examples of bodies that their schemas take", () => {
    for (const operation of OPERATIONS) {
      const schema = BODIES[routeOf(operation)];
      if (schema === undefined) continue;
      expect([operation.id, schema.safeParse(operation.bodyExample).success]).toEqual([
        operation.id,
        true,
      ]);
    }
  });

  test("gives each operation one id", () => {
    const ids = OPERATIONS.map(({ id }) => id);
    expect(ids).toHaveLength(new Set(ids).size);
  });
});

test("the AsyncAPI document is valid", async () => {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(asyncApi()));
  expect(diagnostics.filter(({ code }) => code !== "asyncapi-latest-version")).toEqual([]);
  expect(
    document
      ?.allChannels()
      .all()
      .map((channel) => channel.id()),
  ).toEqual(["job", "account", "deliveries"]);
});

test.each(EVENTS)("the example of $name fits its schema", (event) => {
  const validate = ajv.compile(eventSchema(event));
  expect([validate(event.example), validate.errors]).toEqual([true, null]);
  expect(validate({ ...event.example, id: 5 })).toBe(false);
});

describe("the reference", () => {
  test("shows every operation, event and problem", () => {
    const page = referencePage();
    const missing = [
      ...OPERATIONS.map(({ id }) => `id="${id}"`),
      ...EVENTS.map(({ name }) => `<code>${name}</code>`),
      ...PROBLEM_TYPES.map((type) => `href="/docs/problems/${type}"`),
    ].filter((part) => !page.includes(part));
    expect(missing).toEqual([]);
  });

  test("takes nothing of a description for markup", () => {
    expect(referencePage()).not.toMatch(/<(?:script|style|img|iframe)/);
  });

  test.each(PROBLEM_TYPES)("says what to do about %s", (type) => {
    const page = problemDocument(type);
    expect([page.includes(PROBLEMS[type].title), page.includes("What to do")]).toEqual([
      true,
      true,
    ]);
  });
});
