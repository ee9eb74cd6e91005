// Schemas of the API's description.

import { expect, test } from "vitest";
import { nullable, ref, text } from "../../../../src/api/description/json-schema.ts";

test("a schema that may be null takes null, whatever it is", () => {
  expect(nullable(text("A name."))).toEqual({ type: ["string", "null"], description: "A name." });
  expect(nullable({ type: "string", enum: ["a", "b"] })).toEqual({
    anyOf: [{ type: "string", enum: ["a", "b"] }, { type: "null" }],
  });
  expect(nullable(ref("Connector"))).toEqual({
    anyOf: [ref("Connector"), { type: "null" }],
  });
});
