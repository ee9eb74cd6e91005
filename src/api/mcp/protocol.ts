// The Model Context Protocol over HTTP, without sessions: messages of JSON-RPC 2.0 and their
// answers.

import { VERSION } from "../../kernel/version.ts";
import { isObject, type JsonObject } from "../../kernel/json.ts";

/** Versions that are spoken, newest first. */
export const PROTOCOL_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/** Messages of a batch, which versions up to 2025-03-26 have. */
export const MAX_BATCH = 20;

/** Codes of JSON-RPC 2.0, 5.1. */
const CODES = {
  parse: -32_700,
  request: -32_600,
  method: -32_601,
  params: -32_602,
} as const;

type MessageId = string | number | null;

/** What a message asks for. */
export type McpCall =
  /** Nothing is answered: a notification, or an answer of the client. */
  | { readonly kind: "none" }
  /** The answer is known. */
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "list"; readonly id: MessageId }
  | {
      readonly kind: "tool";
      readonly id: MessageId;
      readonly name: unknown;
      readonly given: JsonObject;
    };

/** An answer with a result that is JSON text already. */
export const resultText = (id: MessageId, result: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;

const result = (id: MessageId, value: unknown): McpCall => ({
  kind: "answer",
  text: resultText(id, JSON.stringify(value)),
});

/** An error as an answer. */
export const errorText = (id: MessageId, code: keyof typeof CODES, message: string): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code: CODES[code], message } });

const error = (id: MessageId, code: keyof typeof CODES, message: string): McpCall => ({
  kind: "answer",
  text: errorText(id, code, message),
});

const INSTRUCTIONS =
  "Jobrelay turns webhooks of long-running jobs into events. Jobs are named by source and guid. " +
  "Deliveries to subscribers have states; dead ones can be replayed.";

/** The client's version where it is spoken, else the newest; the client then decides. */
const negotiated = (asked: unknown): string =>
  PROTOCOL_VERSIONS.find((version) => version === asked) ?? PROTOCOL_VERSIONS[0];

/** Reads one message. */
export function readMessage(message: unknown): McpCall {
  if (!isObject(message) || message["jsonrpc"] !== "2.0")
    return error(null, "request", "This is no message of JSON-RPC 2.0.");
  const { id, method, params } = message;
  if (method === undefined && ("result" in message || "error" in message)) return { kind: "none" };
  if (typeof method !== "string") return error(null, "request", "`method` is missing.");
  if (id === undefined) return { kind: "none" };
  if (typeof id !== "string" && typeof id !== "number")
    return error(null, "request", "`id` is a string or a number.");
  const given = isObject(params) ? params : {};
  switch (method) {
    case "initialize":
      return result(id, {
        protocolVersion: negotiated(given["protocolVersion"]),
        capabilities: { tools: { listChanged: false } },
        serverInfo: { name: "jobrelay", title: "Jobrelay", version: VERSION },
        instructions: INSTRUCTIONS,
      });
    case "ping":
      return result(id, {});
    case "tools/list":
      return { kind: "list", id };
    case "tools/call": {
      const named = given["arguments"] ?? {};
      if (!isObject(named)) return error(id, "params", "`arguments` is an object.");
      return { kind: "tool", id, name: given["name"], given: named };
    }
    default:
      return error(id, "method", `There is no method ${method}.`);
  }
}

/** What became of a tool's call: text for people and agents, and the same as JSON. */
export function toolText(id: MessageId, text: string, isError: boolean): string {
  const content = JSON.stringify([{ type: "text", text }]);
  // The text of an answer is JSON: it is not parsed, so its numbers keep their digits.
  const structured = text.startsWith("{") ? `,"structuredContent":${text}` : "";
  return resultText(id, `{"content":${content}${structured},"isError":${isError}}`);
}
