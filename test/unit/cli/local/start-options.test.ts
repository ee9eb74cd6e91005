// What `npm start` understands and says.

import { describe, expect, test } from "vitest";
import { plain } from "../../../../src/cli/paint.ts";
import { banner, sampleCommands, startOptions } from "../../../../src/cli/local/start-options.ts";

describe("the options of npm start", () => {
  test.each([
    [[], {}, { port: 8787, ip: "localhost" }],
    [[], { PORT: "9000" }, { port: 9000, ip: "localhost" }],
    [[], { PORT: "" }, { port: 8787, ip: "localhost" }],
    [["--port", "1"], { PORT: "9000" }, { port: 1, ip: "localhost" }],
    [["--port=65535", "--ip", "0.0.0.0"], {}, { port: 65_535, ip: "0.0.0.0" }],
  ])("%j with %j means %j", (args, env, value) => {
    expect(startOptions(args, env)).toEqual({ ok: true, value });
  });

  test.each([
    [["--port", "0"], {}, "port must be a number from 1 to 65535, not 0"],
    [["--port", "65536"], {}, "port must be a number from 1 to 65535, not 65536"],
    [["--port", "80a"], {}, "port must be a number from 1 to 65535, not 80a"],
    [[], { PORT: "-1" }, "port must be a number from 1 to 65535, not -1"],
    [["--port"], {}, "--port needs a value"],
    [["--prot", "1"], {}, "unknown option --prot; known are --port, --ip and --help"],
  ])("%j with %j is refused", (args, env, fault) => {
    expect(startOptions(args, env)).toEqual({ ok: false, fault });
  });
});

describe("the banner", () => {
  const call = {
    source: "comments",
    guid: "g",
    header: "x-signature",
    signature: "abc",
    body: '{"error":"it\'s"}',
    adminToken: "admin",
  };

  test("offers commands that survive a shell, quotes in the body included", () => {
    expect(sampleCommands("http://localhost:1", call)).toEqual([
      String.raw`curl -sS http://localhost:1/hooks/comments \ `.trimEnd(),
      String.raw`  -H 'content-type: application/json' -H 'x-signature: abc' \ `.trimEnd(),
      String.raw`  -d '{"error":"it'\''s"}'`,
      "curl -sS http://localhost:1/v1/jobs/comments/g -H 'authorization: Bearer admin'",
    ]);
  });

  test("shows no job without an admin token, and no sample without a source", () => {
    expect(sampleCommands("http://localhost:1", { ...call, adminToken: null })).toHaveLength(3);
    expect(
      banner("http://localhost:1", true, null, { adminToken: "dev-token", paint: plain }),
    ).not.toContain("curl");
  });

  test("does not call a relay with an invalid configuration simply up", () => {
    expect(
      banner("http://localhost:1", false, call, { adminToken: "dev-token", paint: plain }),
    ).toContain("up, but not configured well");
    expect(
      banner("http://localhost:1", true, call, { adminToken: "dev-token", paint: plain }),
    ).not.toContain("but");
  });
});
