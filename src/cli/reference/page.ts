// docs/configuration.md, made from the schemas that judge the configuration.

import { VAR_TEXTS, RULE_TEXTS, SOURCE_TEXTS, SUBSCRIBER_TEXTS } from "./fields.ts";
import { CONNECT_TEXTS, POLL_TEXTS, type FieldText } from "./fields.ts";
import { tableSchemas, wranglerSchema, type JsonSchema } from "./schema.ts";

/** The whole page. */
export function configurationPage(): string {
  const { source, subscriber, rule, connect, poll } = tableSchemas();
  return [
    HEAD,
    "## Sources (`SOURCES`)\n\nWho sends webhooks, and how what they send is treated.",
    tableOf(source, SOURCE_TEXTS),
    "### Realtime (`connect`)\n\nThe relay keeps a connection to a realtime server and takes what it says like webhooks.",
    tableOf(connect, CONNECT_TEXTS),
    "### Polling (`poll`)\n\nThe relay asks for the state of exports that `POST /v1/sources/{id}/watch` announces.",
    tableOf(poll, POLL_TEXTS),
    "## Subscribers (`SUBSCRIBERS`)\n\nWho gets the events, where and how.",
    tableOf(subscriber, SUBSCRIBER_TEXTS),
    "## Rules (`RULES`)\n\nWhich events go to which subscribers. Without any rule, every event goes to every subscriber. An event goes to a subscriber\nonce, even when several rules match.",
    tableOf(rule, RULE_TEXTS),
    "## Other vars and secrets",
    varTable(),
    "All secrets are used without the white space around them. One that is blank, or no key of its kind, is a problem of the\nconfiguration.",
    ARCHIVES,
  ].join("\n\n");
}

const HEAD = `# Configuration

This page is made from the schemas that judge the configuration (\`src/config\`); a test holds it up to date.

The relay is configured in \`wrangler.toml\` and with Worker secrets. The [README](../README.md#configure-forwarding) has an example.
\`npm run relay -- check\` lists every mistake with its line, and warns of what is allowed and rarely meant. The first line of
\`wrangler.toml\` names a JSON Schema ([wrangler.schema.json](wrangler.schema.json)), by which editors complete and check names.

A var holds at most 5 KB on Cloudflare. Each list may be continued in further vars: \`SOURCES\`, \`SOURCES_EU\`, \`RULES_BILLING\`, … are
read in the order of their names. A var may also be a string with the JSON of the list, as \`--var\` and the dashboard give it.`;

const ARCHIVES = `## Archives

An \`archive\` subscriber gets no requests. Of a job's events only \`job.finished\`,
\`job.convert.done\` and \`bulk_download.ready\` are meant for it, whatever its rules say. One
of them without a URL is \`cancelled\` with the error \`no file\`; it counts neither as success
nor as failure. A download that fails is tried again by the schedule and is \`dead\` then; only
errors of R2 itself open the breaker. When a second webhook of the same end names the file
later, the archive gets the event once more and stores the file. The relay downloads the file of
a finished job into the bucket as \`{source}/{guid}/{file name}\`, and sends the subscriber's
\`headers\` to the host that the verified webhook names. So give each provider its own archive
subscriber:

\`\`\`toml
[[r2_buckets]]
binding = "EXPORTS"
bucket_name = "exports"

[[vars.SUBSCRIBERS]]
id = "email-files"
archive = "EXPORTS"
headers = { authorization = "Bearer \${EMAILENGINE_TOKEN}" }   # EmailEngine deletes its exports after a day

[[vars.RULES]]
id = "email-files"
match = { event = "job.finished", source = "email" }
to = ["email-files"]
\`\`\`
`;

function tableOf(schema: JsonSchema, texts: Readonly<Record<string, FieldText>>): string {
  const needed = (schema["required"] ?? []) as readonly string[];
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const text = texts[name] ?? { text: "", example: "" };
    const byDefault = needed.includes(name) ? "needed" : (text.byDefault ?? "");
    return row([`\`${name}\``, text.text, byDefault, limitsOf(field), code(text.example)]);
  });
  return [row(["field", "what it does", "default", "values", "example"]), RULER, ...rows].join(
    "\n",
  );
}

function varTable(): string {
  const { definitions } = wranglerSchema() as unknown as {
    readonly definitions: { readonly jobrelayVars: JsonSchema };
  };
  const known = definitions.jobrelayVars.properties ?? {};
  const rows = Object.entries(VAR_TEXTS).map(
    ([name, { text, byDefault = "", example, isSecret }]) =>
      row([
        `\`${name}\`${isSecret === true ? " (secret)" : ""}`,
        text,
        byDefault,
        isSecret === true ? "text" : limitsOf(known[name] ?? {}),
        isSecret === true ? example : code(example),
      ]),
  );
  return [row(["name", "what it does", "default", "values", "example"]), RULER, ...rows].join("\n");
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
const RULER = "|---|---|---|---|---|";
const code = (text: string): string => `\`${text}\``;

/** The type and the limits of a field, in words. */
function limitsOf(schema: JsonSchema): string {
  const {
    enum: words,
    type,
    items,
  } = schema as {
    readonly enum?: readonly unknown[];
    readonly type?: string | readonly string[];
    readonly items?: JsonSchema;
  };
  if (words !== undefined)
    return words.length > 12 ? "a name" : words.map((word) => `\`${String(word)}\``).join(", ");
  if (type === "boolean") return "`true`, `false`";
  if (type === "number" || type === "integer") return numberLimits(schema, type);
  if (type === "string") return textLimits(schema);
  if (type === "array") {
    const most = schema["maxItems"] as number | undefined;
    return `${most === undefined ? "a list" : `a list of at most ${most}`}${items === undefined ? "" : `: ${limitsOf(items)}`}`;
  }
  if (type === "object") return "a table";
  return Array.isArray(type) ? type.map((one: string) => KIND[one] ?? one).join(" or ") : "";
}

const KIND: Readonly<Record<string, string>> = {
  string: "text",
  object: "a table",
  array: "a list",
};

function numberLimits(schema: JsonSchema, type: string): string {
  const { minimum, exclusiveMinimum, maximum } = schema as {
    readonly minimum?: number;
    readonly exclusiveMinimum?: number;
    readonly maximum?: number;
  };
  const kind = type === "integer" ? "whole, " : "";
  const least =
    exclusiveMinimum === undefined ? `${minimum ?? 0} to` : `above ${exclusiveMinimum}, at most`;
  return `${kind}${least} ${maximum ?? ""}`.trim();
}

function textLimits(schema: JsonSchema): string {
  const { maxLength, pattern } = schema as {
    readonly maxLength?: number;
    readonly pattern?: string;
  };
  if (pattern?.startsWith("^[a-z0-9][a-z0-9-]") === true) return "1 to 32 of a-z, 0-9, -";
  return maxLength === undefined ? "text" : `text of at most ${maxLength} characters`;
}
