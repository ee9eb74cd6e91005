// The list of tools as agents get it: with a schema of each one's arguments.

import { BODIES, QUERIES } from "../request/query.ts";
import { TOOLS } from "../mcp/tool-table.ts";
import type { Tool } from "../mcp/tool.ts";
import { pathNames } from "../mcp/tools.ts";
import { requestSchema, text, type Members, type Schema } from "./json-schema.ts";
import { TOOL_TEXTS } from "../mcp/tool-texts.ts";
import { OPERATIONS } from "./operations.ts";
import { routeOf, type Operation } from "./operation.ts";

const membersOf = (schema: Schema): Members => (schema["properties"] ?? {}) as Members;

/** What is known of an argument: from the schema that parses it, and from the description. */
function argument(name: string, known: Members, operation: Operation | undefined): Schema {
  const { description, ...schema } = known[name] ?? text();
  const meaning = operation?.texts?.[name] ?? description;
  return meaning === undefined ? schema : { ...schema, description: meaning };
}

function inputSchema(tool: Tool): Schema {
  const operation = OPERATIONS.find(
    ({ method, path }) => method === tool.method && path === tool.path,
  );
  const route = routeOf(tool);
  const query = QUERIES[route];
  const body = BODIES[route];
  const bodySchema = body === undefined ? {} : requestSchema(body);
  const known: Members = {
    ...(query === undefined ? {} : membersOf(requestSchema(query))),
    ...operation?.query,
    ...membersOf(bodySchema),
  };
  const required = pathNames(tool.path);
  const names = [...required, ...(tool.query ?? []), ...(tool.body ?? [])];
  const properties = Object.fromEntries(
    names.map((name) => [
      name,
      required.includes(name) ? text(`The ${name}.`) : argument(name, known, operation),
    ]),
  );
  const { document } = tool;
  return {
    type: "object",
    properties: document === undefined ? properties : { ...properties, [document]: bodySchema },
    required: document === undefined ? required : [...required, document],
    additionalProperties: false,
  };
}

/** The result of `tools/list`. */
export const toolList = (): Schema => ({
  tools: TOOLS.map((tool) => ({
    name: tool.name,
    ...TOOL_TEXTS[tool.name],
    inputSchema: inputSchema(tool),
    annotations: {
      readOnlyHint: tool.acts === undefined,
      destructiveHint: false,
      idempotentHint: tool.acts !== "send",
      openWorldHint: tool.acts !== undefined,
    },
  })),
});
