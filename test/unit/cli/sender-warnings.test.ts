import { describe, expect, test } from "vitest";
import { senderWarnings } from "../../../src/cli/sender-warnings.ts";
import { parseSettings } from "../../../src/config/parse.ts";

function warnings(source: object): readonly string[] {
  const parsed = parseSettings({
    KEY: "text",
    SOURCES: [{ id: "s", secrets: ["KEY"], ...source }],
  });
  if (!parsed.ok) throw new Error(parsed.fault.join("\n"));
  return senderWarnings(parsed.value);
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
