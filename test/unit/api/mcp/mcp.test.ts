// Messages of the Model Context Protocol, and the requests that tools make.

import { describe, expect, test } from "vitest";
import { readMessage, toolText } from "../../../../src/api/mcp/protocol.ts";
import { TOOLS } from "../../../../src/api/mcp/tool-table.ts";
import type { Tool } from "../../../../src/api/mcp/tool.ts";
import { pathNames, requestOf, toolOf } from "../../../../src/api/mcp/tools.ts";
import { OPERATIONS } from "../../../../src/api/description/operations.ts";
import { toolList } from "../../../../src/api/description/tools.ts";

const message = (method: string, params?: object, id: unknown = 1) => ({
  jsonrpc: "2.0",
  ...(id === undefined ? {} : { id }),
  method,
  ...(params === undefined ? {} : { params }),
});

const answerTo = (sent: unknown): unknown => {
  const call = readMessage(sent);
  return call.kind === "answer" ? JSON.parse(call.text) : call.kind;
};

describe("a message", () => {
  test.each([
    ["2025-11-25", "2025-11-25"],
    ["2025-06-18", "2025-06-18"],
    ["2024-11-05", "2024-11-05"],
    ["1999-01-01", "2025-11-25"],
    [undefined, "2025-11-25"],
  ])("initialize with the version %s is answered with %s", (protocolVersion, spoken) => {
    expect(answerTo(message("initialize", { protocolVersion }))).toMatchObject({
      id: 1,
      result: { protocolVersion: spoken, serverInfo: { name: "jobrelay" } },
    });
  });

  test.each([
    ["a ping", message("ping"), { jsonrpc: "2.0", id: 1, result: {} }],
    ["a ping with a name as id", message("ping", {}, "a"), { jsonrpc: "2.0", id: "a", result: {} }],
    ["a notification", { jsonrpc: "2.0", method: "notifications/initialized" }, "none"],
    ["an answer of the client", { jsonrpc: "2.0", id: 3, result: {} }, "none"],
    ["the list of tools", message("tools/list"), "list"],
    ["a call", message("tools/call", { name: "get_job" }), "tool"],
  ])("of %s is understood", (_, sent, answer) => {
    expect(answerTo(sent)).toEqual(answer);
  });

  test.each([
    ["no object", "ping", -32_600],
    ["another version of JSON-RPC", { jsonrpc: "1.0", id: 1, method: "ping" }, -32_600],
    ["no method", { jsonrpc: "2.0", id: 1 }, -32_600],
    ["an id that is none", message("ping", {}, {}), -32_600],
    ["an id that is null", message("ping", {}, null), -32_600],
    ["an unknown method", message("resources/list"), -32_601],
    ["arguments that are no object", message("tools/call", { arguments: 5 }), -32_602],
  ])("with %s is an error", (_, sent, code) => {
    expect(answerTo(sent)).toMatchObject({ jsonrpc: "2.0", error: { code } });
  });

  test("of a tool keeps the digits of its answer", () => {
    const text = '{"n":12345678901234567890}';
    expect(toolText(7, text, false)).toBe(
      `{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":${JSON.stringify(text)}}],"structuredContent":${text},"isError":false}}`,
    );
  });
});

test("the answer of a tool that is no JSON object is text alone", () => {
  expect(toolText(7, "Nothing is there.", true)).toBe(
    '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"Nothing is there."}],"isError":true}}',
  );
});

describe("a part of a path", () => {
  const paths = TOOLS.flatMap((one) => pathNames(one.path).map((name) => [one, name] as const));

  test.each(paths.flatMap(([one, name]) => [".", ".."].map((dots) => [one.name, name, dots])))(
    "%s does not lead elsewhere by %s = %s",
    (name, wrong, dots) => {
      const one = tool(name);
      const given = Object.fromEntries(pathNames(one.path).map((part) => [part, "x"]));
      expect(requestOf(one, { ...given, [wrong]: dots })).toEqual({
        ok: false,
        fault: `${wrong}: must not be "." or ".."`,
      });
    },
  );
});

const tool = (name: string): Tool => {
  const found = toolOf(name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe("a tool", () => {
  test.each([
    ["list_jobs", {}, "GET /v1/jobs"],
    ["list_jobs", { status: "done", limit: 5 }, "GET /v1/jobs?status=done&limit=5"],
    ["get_job", { source: "comments", guid: "a/b?c" }, "GET /v1/jobs/comments/a%2Fb%3Fc"],
    [
      "list_deliveries",
      { id: "crm", state: "dead" },
      "GET /v1/subscribers/crm/deliveries?state=dead",
    ],
    ["explain_refusal", { id: "comments" }, "GET /v1/sources/comments/rejected"],
    ["simulate_rule", { event: { event: "x" } }, 'POST /v1/rules/simulate {"event":"x"}'],
    ["replay", { source: "s", guid: "g", since: 2 }, 'POST /v1/jobs/s/g/replay {"since":2}'],
    ["replay", { source: "s", guid: "g" }, "POST /v1/jobs/s/g/replay {}"],
    ["get_delivery", { id: "crm", delivery: "dlv_1" }, "GET /v1/subscribers/crm/deliveries/dlv_1"],
    [
      "retry_delivery",
      { id: "crm", delivery: "dlv_1" },
      "POST /v1/subscribers/crm/deliveries/dlv_1/retry {}",
    ],
    [
      "replay_deliveries",
      { id: "crm", state: "cancelled", event: "job.failed" },
      'POST /v1/subscribers/crm/replay {"state":"cancelled","event":"job.failed"}',
    ],
    ["pause_subscriber", { id: "crm" }, "POST /v1/subscribers/crm/pause {}"],
    ["resume_subscriber", { id: "crm" }, "POST /v1/subscribers/crm/resume {}"],
    ["test_subscriber", { id: "crm" }, "POST /v1/subscribers/crm/test {}"],
    ["retry_refused", { id: "comments", n: 3 }, "POST /v1/sources/comments/rejected/3/retry {}"],
    [
      "watch_export",
      { id: "email", account: "ada", exportId: "exp_1" },
      'POST /v1/sources/email/watch {"account":"ada","exportId":"exp_1"}',
    ],
    ["wake", { cursor: "a b" }, "POST /v1/wake?cursor=a+b {}"],
  ])("%s with %j asks the API", (name, given, asked) => {
    const made = requestOf(tool(name), given);
    expect(
      made.ok && [made.value.method, made.value.path, made.value.body].filter(Boolean).join(" "),
    ).toBe(asked);
  });

  test.each([
    ["get_job", { source: "comments" }, "guid: is required"],
    ["get_job", { source: "", guid: "g" }, "source: is required"],
    ["get_job", { source: {}, guid: "g" }, "source: is required"],
    ["list_jobs", { page: 2 }, expect.stringMatching(/^page: is unknown; allowed are account/)],
    ["list_subscribers", { all: true }, "all: is unknown; allowed are none"],
    ["list_jobs", { q: ["a"] }, "q: must be text or a number"],
  ])("%s with %j is refused", (name, given, fault) => {
    expect(requestOf(tool(name), given)).toEqual({ ok: false, fault });
  });

  test("says whether it only reads, and whether a repetition does more", () => {
    const { tools } = toolList() as {
      tools: { name: string; annotations: Record<string, boolean> }[];
    };
    const named = (hint: string, value: boolean): readonly string[] =>
      tools.filter((one) => one.annotations[hint] === value).map(({ name }) => name);
    expect(named("idempotentHint", false)).toEqual([
      "replay",
      "retry_delivery",
      "replay_deliveries",
      "test_subscriber",
    ]);
    expect(named("readOnlyHint", false)).toEqual([
      "replay",
      "retry_delivery",
      "replay_deliveries",
      "pause_subscriber",
      "resume_subscriber",
      "test_subscriber",
      "retry_refused",
      "watch_export",
      "wake",
    ]);
  });

  test("is there for every operation of the API, but for six", () => {
    const missing = OPERATIONS.filter(
      ({ method, path, access }) =>
        access === "admin" && !TOOLS.some((one) => one.method === method && one.path === path),
    );
    expect(missing.map(({ id }) => id)).toEqual([
      "eraseJob",
      "getMetrics",
      "mintToken",
      "listSamples",
      "playSample",
      "callTool",
    ]);
  });

  test("has a schema that allows exactly its arguments", () => {
    const { tools } = toolList() as {
      tools: { name: string; inputSchema: { properties: object; required: string[] } }[];
    };
    expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
    expect(tools.find(({ name }) => name === "replay")?.inputSchema).toMatchObject({
      properties: {
        source: { type: "string" },
        subscribers: { type: "array", minItems: 1 },
        since: { type: "integer", minimum: 0, default: 0 },
      },
      required: ["source", "guid"],
      additionalProperties: false,
    });
  });
});
