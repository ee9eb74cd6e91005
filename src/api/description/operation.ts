// The form in which an operation of the API is described.

import type { ProblemType } from "../../kernel/problem.ts";
import type { Members, Schema } from "./json-schema.ts";

/** The groups of the reference, in its order. */
export const TAGS = {
  Jobs: "What became of each job, and its events.",
  Streams: "Events as they happen. The protocol is in /asyncapi.json.",
  Subscribers: "Who gets the events, and each delivery.",
  Sources: "Who sends webhooks, and what was refused.",
  Relay: "Health, metrics, tokens, rules and agents.",
  Webhooks: "Where providers send.",
  Pages: "Files that describe the relay.",
} as const;

/** An answer that is no problem. */
export interface OperationAnswer {
  readonly status: number;
  readonly description: string;
  /** Absent for an answer without a body. */
  readonly schema?: Schema;
  /** JSON where nothing else is said. */
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One method of one path. */
export interface Operation {
  readonly id: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** As in OpenAPI: `/v1/jobs/{source}/{guid}`. */
  readonly path: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  readonly description?: string;
  /** Who may ask: anybody, the holder of the admin token, or that of a stream token as well. */
  readonly access: "open" | "admin" | "stream";
  /** What each parameter and each member of the body means. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Parameters that no schema of the API has. */
  readonly query?: Members;
  /** A body that no schema of the API has. */
  readonly body?: Schema;
  readonly bodyExample?: unknown;
  /** True where `Idempotency-Key` makes a repetition harmless. */
  readonly acts?: true;
  readonly answers: readonly OperationAnswer[];
  /** Problems beside those of every operation. */
  readonly problems?: readonly ProblemType[];
}

/** The key under which a request's schemas are found: with parameters as routes have them. */
export const routeOf = ({ method, path }: Pick<Operation, "method" | "path">): string =>
  `${method} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
