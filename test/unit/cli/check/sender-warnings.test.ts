import { describe, expect, test } from "vitest";
import { placesOf } from "../../../../src/cli/check/findings.ts";
import { senderWarnings } from "../../../../src/cli/check/sender-warnings.ts";
import { parseSettings } from "../../../../src/config/parse.ts";

function warnings(source: object): readonly string[] {
  const vars = { KEY: "text", SOURCES: [{ id: "s", secrets: ["KEY"], ...source }] };
  const parsed = parseSettings(vars);
  if (!parsed.ok) throw new Error(parsed.fault.join("\n"));
  return senderWarnings(parsed.value, placesOf(vars)).map(({ message }) => message);
}

describe("check warns", () => {
  test("of a provider that does not send again what was not taken", () => {
    expect(warnings({ provider: "vercel" })).toEqual([]);
    expect(warnings({ provider: "zoom-recording" })).toEqual([
      "source s: zoom-recording is not known to send again what was not taken",
    ]);
  });

  test("of a recipe that leaves the body open to change", () => {
    expect(
      warnings({ provider: "generic", verify: { header: "x-s", base: "{header:x-id}" } }),
    ).toEqual([
      "source s: its recipe does not cover the body, which anybody on the way may change",
    ]);
  });
});
