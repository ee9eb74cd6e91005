// The reference as pages without a script: all operations, all events, and one for each problem.

import { PROBLEM_TYPES, problemPage, type ProblemType } from "../../kernel/problem.ts";
import { VERSION } from "../../kernel/version.ts";
import { EVENTS, schemaPath } from "./events.ts";
import { escaped, json, pageOf, prose } from "./html.ts";
import type { Members, Schema } from "./json-schema.ts";
import { openApi } from "./openapi.ts";
import { OPERATIONS } from "./operations.ts";
import { TAGS, type Operation } from "./operation.ts";
import { PROBLEMS } from "./problems.ts";
import { COMPONENTS } from "./schemas.ts";

const ACCESS: Readonly<Record<Operation["access"], string>> = {
  open: "no token",
  admin: "admin token",
  stream: "admin or stream token",
};

/** What is text, as text. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A schema in a few words: `integer, 1 to 100, default 50`. */
function inWords(schema: Schema): string {
  const { type, enum: words, items, $ref, anyOf, minimum, maximum, format } = schema;
  if (typeof $ref === "string") return $ref.slice($ref.lastIndexOf("/") + 1);
  if (Array.isArray(anyOf)) return anyOf.map((one) => inWords(one as Schema)).join(" or ");
  if ("const" in schema) return `\`${String(schema["const"])}\``;
  if (Array.isArray(words)) return words.map((word) => `\`${String(word)}\``).join(", ");
  const kind = Array.isArray(type) ? type.join(" or ") : textOf(type) || "anything";
  const parts = [
    format === "date-time" ? kind.replace("string", "instant") : kind,
    ...(typeof items === "object" ? [`of ${inWords(items as Schema)}`] : []),
    ...(typeof minimum === "number" && typeof maximum === "number" && maximum < 1e9
      ? [`${minimum} to ${maximum}`]
      : []),
    ...("default" in schema ? [`default ${JSON.stringify(schema["default"])}`] : []),
  ];
  return parts.join(", ").replace("array, of", "list of");
}

const row = (name: string, kind: string, meaning: string): string =>
  `<tr><th scope="row"><code>${escaped(name)}</code></th><td>${prose(kind)}</td><td>${prose(meaning)}</td></tr>`;

const table = (rows: readonly string[]): string =>
  `<div class="wide" tabindex="0" role="group" aria-label="table"><table>${rows.join("")}</table></div>`;

const membersTable = (schema: Schema): string =>
  table(
    Object.entries((schema["properties"] ?? {}) as Members).map(([name, member]) =>
      row(name, inWords(member), textOf(member["description"])),
    ),
  );

const problemLink = (type: ProblemType): string => `<a href="${problemPage(type)}">${type}</a>`;

type Described = Schema & {
  readonly parameters: readonly (Schema & { readonly schema?: Schema })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Schema>> };
};

function section(operation: Operation, described: Described): string {
  const { method, path, summary, description, access, id } = operation;
  const parameters = described.parameters.flatMap(({ name, schema, description: meaning }) =>
    schema === undefined ? [] : [row(textOf(name), inWords(schema), textOf(meaning))],
  );
  const body = described.requestBody?.content["application/json"];
  const bodySchema = (body?.["schema"] ?? {}) as Schema;
  const hasBody = Object.keys(bodySchema["properties"] ?? {}).length > 0;
  const answers = operation.answers.map(
    ({ status, description: meaning, schema }) =>
      `<tr><th scope="row">${status}</th><td>${prose(meaning)}${schema === undefined ? "" : ` <span class="quiet">${prose(inWords(schema))}</span>`}</td></tr>`,
  );
  const problems = Object.entries((described["responses"] ?? {}) as Members).flatMap(
    ([status, { content }]) => {
      const examples = ((content ?? {}) as Members)["application/problem+json"]?.["examples"];
      const types = Object.keys(examples ?? {}) as ProblemType[];
      return types.length === 0
        ? []
        : [`<tr><th scope="row">${status}</th><td>${types.map(problemLink).join(", ")}</td></tr>`];
    },
  );
  return `<details id="${id}"><summary><b>${method}</b> <code>${escaped(path)}</code><br>${prose(summary)} <span class="quiet">(${ACCESS[access]})</span></summary>
${description === undefined ? "" : `<p>${prose(description)}</p>`}
${parameters.length === 0 ? "" : `<h3>Parameters</h3>${table(parameters)}`}
${operation.acts === true ? "<p>Takes <code>Idempotency-Key</code>.</p>" : ""}
${hasBody ? `<h3>Body</h3>${membersTable(bodySchema)}` : ""}
${operation.bodyExample === undefined ? "" : `<p>Example</p>${json(operation.bodyExample)}`}
<h3>Answers</h3>${table(answers)}
<h3>Problems</h3>${table(problems)}
</details>`;
}

const anchor = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

/** `/docs`. */
export function referencePage(): string {
  const paths = openApi()["paths"] as Readonly<Record<string, Readonly<Record<string, Described>>>>;
  const groups = Object.entries(TAGS).map(([tag, meaning]) => {
    const sections = OPERATIONS.filter((operation) => operation.tag === tag).flatMap(
      (operation) => {
        const described = paths[operation.path]?.[operation.method.toLowerCase()];
        return described === undefined ? [] : [section(operation, described)];
      },
    );
    return `<h2 id="${anchor(tag)}">${tag}</h2><p>${prose(meaning)}</p>${sections.join("\n")}`;
  });
  const events = EVENTS.map(
    ({ name, summary, schema, example }) =>
      `<details id="${anchor(name)}"><summary><code>${name}</code><br>${prose(summary)}</summary>
<p><a href="${schemaPath(name)}">JSON Schema</a></p>${membersTable(schema)}<p>Example</p>${json(example)}</details>`,
  );
  const schemas = Object.entries(COMPONENTS).map(
    ([name, schema]) =>
      `<details id="schema-${anchor(name)}"><summary>${name}</summary>${membersTable(schema)}</details>`,
  );
  const links = [...Object.keys(TAGS), "Events", "Schemas", "Problems"].map(
    (title) => `<li><a href="#${anchor(title)}">${title}</a></li>`,
  );
  return pageOf(
    "Jobrelay API",
    `<header><h1>Jobrelay API</h1>
<p>Version ${VERSION}. <a href="/openapi.json">OpenAPI 3.1</a>, <a href="/asyncapi.json">AsyncAPI 3</a>.</p>
<p>${prose("Send `Authorization: Bearer` with the admin token. Bodies are JSON, instants ISO 8601, lists `{items, cursor}`. What is unknown in a query or a body is refused, with what is allowed.")}</p></header>
<nav aria-label="Contents"><ul>${links.join("")}</ul></nav>
<main>
${groups.join("\n")}
<h2 id="events">Events</h2><p>What subscribers and viewers get.</p>${events.join("\n")}
<h2 id="schemas">Schemas</h2><p>What answers hold.</p>${schemas.join("\n")}
<h2 id="problems">Problems</h2><ul>${PROBLEM_TYPES.map((type) => `<li>${PROBLEMS[type].status} ${problemLink(type)}</li>`).join("")}</ul>
</main>`,
  );
}

/** `/docs/problems/{type}`. */
export function problemDocument(type: ProblemType): string {
  const { status, title, meaning, remedy } = PROBLEMS[type];
  const example = { type: problemPage(type), status, title };
  return pageOf(
    `${escaped(title)} – Jobrelay`,
    `<main><p><a href="/docs">Jobrelay API</a></p>
<h1>${escaped(title)}</h1><p class="quiet">${status}</p>
<p>${prose(meaning)}</p><h2>What to do</h2><p>${prose(remedy)}</p>
<h2>Example</h2>${json(example)}</main>`,
  );
}
