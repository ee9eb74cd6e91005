// The OpenAPI 3.1 document, from the schemas that parse requests and the table of operations.

import { PROBLEM_TYPES, problemPage, type ProblemType } from "../../kernel/problem.ts";
import { VERSION } from "../../kernel/version.ts";
import { BODIES, NoBody, QUERIES } from "../request/query.ts";
import { described, ref, requestSchema, text, type Members, type Schema } from "./json-schema.ts";
import { OPERATIONS } from "./operations.ts";
import { routeOf, TAGS, type Operation, type OperationAnswer } from "./operation.ts";
import { PROBLEMS } from "./problems.ts";
import { COMPONENTS } from "./schemas.ts";

const JSON_TYPE = "application/json";
const PROBLEM_TYPE = "application/problem+json";

/** Problems that each operation may have, by who may ask. */
const COMMON: Readonly<Record<Operation["access"], readonly ProblemType[]>> = {
  open: ["unavailable", "invalid-configuration", "not-configured"],
  admin: ["bad-request", "unauthorized", "unavailable", "invalid-configuration", "not-configured"],
  stream: ["bad-request", "unauthorized", "unavailable", "invalid-configuration"],
};

const OF_KEYS: readonly ProblemType[] = ["idempotency-key-in-use", "idempotency-key-reused"];
const OF_BODIES: readonly ProblemType[] = ["unprocessable-content", "content-too-large"];

/** Every problem of an operation. */
function problemsOf(operation: Operation): readonly ProblemType[] {
  const { access, method, acts, problems = [] } = operation;
  const writes = method !== "GET" && access === "admin";
  return [
    ...new Set([
      ...COMMON[access],
      ...problems,
      ...(acts === true ? OF_KEYS : []),
      ...(writes ? [...OF_BODIES, "origin-refused" as const] : []),
    ]),
  ];
}

const KEY_PARAMETER = { $ref: "#/components/parameters/IdempotencyKey" };
const TAG_PARAMETER = { $ref: "#/components/parameters/IfNoneMatch" };

function queryOf(operation: Operation): readonly Schema[] {
  const schema = QUERIES[routeOf(operation)];
  const parsed = schema === undefined ? {} : (requestSchema(schema)["properties"] as Members);
  return Object.entries({ ...parsed, ...operation.query }).map(([name, member]) => {
    const { description, ...rest } = member;
    const meaning = operation.texts?.[name] ?? description;
    return {
      name,
      in: "query",
      ...(meaning === undefined ? {} : { description: meaning }),
      schema: rest,
    };
  });
}

/** Names in a path, with what is known of their values. */
function pathParameters({ path, texts = {} }: Operation): readonly Schema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...(texts[name] === undefined ? {} : { description: texts[name] }),
    schema: text(),
  }));
}

function bodyOf(operation: Operation): Schema | null {
  if (operation.method !== "POST") return null;
  const parsed = BODIES[routeOf(operation)];
  const schema =
    operation.body ?? described(requestSchema(parsed ?? NoBody), operation.texts ?? {});
  const required = operation.body !== undefined || Array.isArray(schema["required"]);
  return {
    required,
    content: {
      [JSON_TYPE]: {
        schema,
        ...(operation.bodyExample === undefined ? {} : { example: operation.bodyExample }),
      },
    },
  };
}

const answerOf = ({ description, schema, mediaType, headers }: OperationAnswer): Schema => ({
  description,
  ...(headers === undefined
    ? {}
    : {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, meaning]) => [
            name,
            { description: meaning, schema: text() },
          ]),
        ),
      }),
  ...(schema === undefined ? {} : { content: { [mediaType ?? JSON_TYPE]: { schema } } }),
});

const example = (type: ProblemType): Schema => ({
  value: { type: problemPage(type), status: PROBLEMS[type].status, title: PROBLEMS[type].title },
});

/** One answer for each status: an operation may have several problems of one. */
function problemAnswers(operation: Operation): Readonly<Record<string, Schema>> {
  const byStatus = Map.groupBy(problemsOf(operation), (type) => String(PROBLEMS[type].status));
  return Object.fromEntries(
    [...byStatus].map(([status, types]) => [
      status,
      {
        description: types.map((type) => PROBLEMS[type].title).join(", or "),
        content: {
          [PROBLEM_TYPE]: {
            schema: ref("Problem"),
            examples: Object.fromEntries(types.map((type) => [type, example(type)])),
          },
        },
      },
    ]),
  );
}

/** A status may have an answer and a problem, each with a media type of its own. */
function answersOf(operation: Operation): Readonly<Record<string, Schema>> {
  const answers: Record<string, Schema> = { ...problemAnswers(operation) };
  for (const answer of operation.answers) {
    const made = answerOf(answer);
    const other = answers[answer.status]?.["content"] as Members | undefined;
    const content = { ...(made["content"] as Members | undefined), ...other };
    answers[answer.status] = other === undefined ? made : { ...made, content };
  }
  return answers;
}

const SECURITY: Readonly<Record<Operation["access"], readonly Schema[]>> = {
  open: [],
  admin: [{ adminToken: [] }, { access: [] }],
  stream: [{ adminToken: [] }, { streamToken: [] }, { streamTokenInQuery: [] }],
};

function operationOf(operation: Operation): Schema {
  const body = bodyOf(operation);
  const { id, tag, summary, description, access, acts } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: SECURITY[access],
    parameters: [
      ...pathParameters(operation),
      ...queryOf(operation),
      ...(acts === true ? [KEY_PARAMETER] : []),
      ...(id === "getJob" ? [TAG_PARAMETER] : []),
    ],
    ...(body === null ? {} : { requestBody: body }),
    responses: answersOf(operation),
  };
}

const PARAMETERS = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "A request with the same key, method, path and body acts once within 24 hours and is answered alike.",
    schema: { type: "string", minLength: 1, maxLength: 255 },
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    description: "Entity tags that the caller has.",
    schema: text(),
  },
};

const SECURITY_SCHEMES = {
  adminToken: { type: "http", scheme: "bearer", description: "The secret ADMIN_TOKEN." },
  access: {
    type: "apiKey",
    in: "header",
    name: "Cf-Access-Jwt-Assertion",
    description: "Set by Cloudflare Access, where ACCESS_TEAM_DOMAIN and ACCESS_AUD are set.",
  },
  streamToken: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  streamTokenInQuery: { type: "apiKey", in: "query", name: "token" },
};

/** The document. */
export function openApi(): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const operation of OPERATIONS)
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = operationOf(operation);
  return {
    openapi: "3.1.0",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: {
      title: "Jobrelay",
      version: VERSION,
      description:
        "Webhooks of long-running jobs become one ordered, resumable stream of events. Errors are problem documents (RFC 9457), whose `type` is a page.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: COMPONENTS,
      parameters: PARAMETERS,
      securitySchemes: SECURITY_SCHEMES,
    },
    "x-problem-types": PROBLEM_TYPES.map(problemPage),
  };
}
