// Reads the body of a request to the API: bounded, and by its schema.

import type * as z from "zod/mini";
import { readBody } from "../../kernel/http/body.io.ts";
import type { Problem } from "../../kernel/problem.ts";
import { fault, type Result } from "../../kernel/result.ts";
import { parse, readJson } from "./parse.ts";

/** Bytes of a body: the largest document is an envelope, which has 1.5 MB at most. */
const MAX_BODY_BYTES = 2_097_152;

const TOO_LARGE: Problem = {
  status: 413,
  title: "Content Too Large",
  detail: `A body has at most ${MAX_BODY_BYTES} bytes.`,
};

const INTERRUPTED: Problem = {
  status: 400,
  title: "Bad Request",
  detail: "The body ended early.",
};

/** The bytes of a body, or what is wrong with it. */
export async function boundedBody(
  request: Request,
): Promise<Result<Uint8Array<ArrayBuffer>, Problem>> {
  const bytes = await readBody(request, MAX_BODY_BYTES);
  return bytes.ok ? bytes : fault(bytes.fault === "too-large" ? TOO_LARGE : INTERRUPTED);
}

/** The document of a body, or what is wrong with it. `read` makes JSON of the bytes. */
export async function documentOf<T extends z.ZodMiniType>(
  request: Request,
  schema: T,
  read: (bytes: Uint8Array) => unknown = readJson,
): Promise<Result<z.output<T>, Problem>> {
  const bytes = await boundedBody(request);
  return bytes.ok ? parse(schema, read(bytes.value), 422) : bytes;
}
