// A throw-away relay is the repository's Worker with other vars.

import { describe, expect, test } from "vitest";
import { formatDevVars, parseDevVars } from "../../../../src/cli/local/dev-vars.ts";
import { projectOf } from "../../../../src/cli/local/local-project.ts";
import { relayFiles } from "../../../../src/cli/local/relay-config.ts";

describe("the files of a temporary relay", () => {
  test("vars are replaced, paths become absolute, everything else stays", () => {
    const wrangler = {
      name: "jobrelay",
      main: "src/index.ts",
      compatibility_flags: ["global_fetch_strictly_public"],
      assets: { directory: "./public", binding: "ASSETS" },
      vars: { SOURCES: [{ id: "old" }] },
      durable_objects: { bindings: [{ name: "JOB", class_name: "Job" }] },
    };
    expect(
      relayFiles(wrangler, "/repo", {
        SOURCES: [{ id: "new" }],
        ALLOW_PRIVATE_URLS: true,
        ADMIN_TOKEN: "t",
        GONE: undefined,
      }),
    ).toEqual({
      config: {
        name: "jobrelay",
        main: "/repo/src/index.ts",
        compatibility_flags: ["global_fetch_strictly_public"],
        assets: { directory: "/repo/public", binding: "ASSETS" },
        vars: { SOURCES: [{ id: "new" }], ALLOW_PRIVATE_URLS: true },
        durable_objects: { bindings: [{ name: "JOB", class_name: "Job" }] },
        send_metrics: false,
      },
      secrets: { ADMIN_TOKEN: "t" },
    });
  });

  test("an absolute path stays as it is", () => {
    expect(relayFiles({ main: "/elsewhere/index.ts" }, "/repo", {}).config["main"]).toBe(
      "/elsewhere/index.ts",
    );
  });
});

describe("a .dev.vars file", () => {
  test.each([
    ["A=1", { A: "1" }],
    ["  export A = two words  ", { A: "two words" }],
    ["# A=1\n\nB=2\r\nC=3", { B: "2", C: "3" }],
    ["A='it # stays'", { A: "it # stays" }],
    ["A=goes # away", { A: "goes" }],
    [String.raw`A="two\nlines"`, { A: "two\nlines" }],
    [String.raw`A='no\nlines'`, { A: String.raw`no\nlines` }],
    ["A=", { A: "" }],
    ["A=b=c==", { A: "b=c==" }],
    ["no assignment", {}],
  ])("%j is read as %j", (text, vars) => {
    expect(parseDevVars(text)).toEqual(vars);
  });

  test.each([
    "",
    "plain",
    "it's",
    'say "hi"',
    "back`tick",
    "a=b",
    "# no comment",
    "whsec_MfKQ9r8G+/==",
    String.raw`back\slash`,
  ])("%j survives being written and read", (value) => {
    expect(parseDevVars(formatDevVars({ NAME: value }))).toEqual({ NAME: value });
  });

  test.each(['two\r\n"lines"', "'`\""])("%j is refused instead of being damaged", (value) => {
    expect(() => formatDevVars({ NAME: value })).toThrow(
      "NAME: a .dev.vars file cannot hold this value",
    );
  });
});

describe("the local project", () => {
  test("lists sources over several vars in name order, with the newest secret when it is known", () => {
    const vars = {
      SOURCES_B: [{ id: "b", provider: "betterez", secrets: ["NEW", "OLD"], account: "acme" }],
      SOURCES: [
        { id: "a", provider: "exportcomments", secrets: ["MISSING"] },
        { id: "open", provider: "emailengine", verify: "none" },
      ],
      SOURCESX: [{ id: "no" }],
      SOURCES_C: '[{"id":"c","provider":"betterez"}]',
    };
    expect(projectOf(vars, { NEW: "n", OLD: "o" }).sources).toEqual([
      { id: "a", provider: "exportcomments", account: null, secretName: "MISSING", secret: null },
      { id: "open", provider: "emailengine", account: null, secretName: null, secret: null },
      { id: "b", provider: "betterez", account: "acme", secretName: "NEW", secret: "n" },
      { id: "c", provider: "betterez", account: null, secretName: null, secret: null },
    ]);
  });
});
