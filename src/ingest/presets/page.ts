// Writes the page of presets (docs/presets.md) from their data.

import type { ValueData } from "../map/compile.ts";
import { readyRecipe } from "../recipe/ready.ts";
import type { RecipeData, VerifyData } from "../recipe/recipe.ts";
import type { Preset, RetryLevel } from "./preset.ts";

const HEAD = `# Presets

A preset is everything the relay knows about one provider: how its requests are proved, what its
events mean, and what to paste into its dashboard. This page is written from the data in
\`src/ingest/presets\`.

Name a preset as \`provider\` and give the source its secret:

\`\`\`toml
[[vars.SOURCES]]
id = "videos"
provider = "mux"
secrets = ["MUX_SECRET"]
\`\`\`

In the steps below \`{url}\` is \`https://<your relay>/hooks/<source id>\`. \`verify\`
and \`map\` of the source replace the preset's own, each by itself; either takes a preset's name or
a table. An event that is in no table is answered 202 and ignored.

In the list, *numbers* says whether the provider tells how much of a job is done (\`current\` and
\`total\`), and *retries* how long it repeats a webhook that was not answered with 2xx.
Expressions are JMESPath over the body; \`"$headers"\` is the request's headers by lower-case name.
`;

const RETRY_WORDS: Readonly<Record<RetryLevel, string>> = {
  none: "not relied on",
  some: "a few times",
  many: "for hours or days",
};

/** Ready recipes that have a name of their own; the others are described. */
const RECIPE_WORDS: Readonly<Record<string, string>> = {
  "standard-webhooks": "Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`)",
  svix: "Standard Webhooks under Svix's names (`svix-id`, `svix-timestamp`, `svix-signature`)",
  github: "the recipe `github` (`x-hub-signature-256`)",
  stripe: "the recipe `stripe` (`stripe-signature`)",
  shopify: "the recipe `shopify` (`x-shopify-hmac-sha256`)",
};

/** The whole page in Markdown. */
export function presetsPage(presets: readonly Preset[]): string {
  const table = [
    "| preset | provider | events | numbers | retries |",
    "|---|---|---|---|---|",
    ...presets.map(row),
  ].join("\n");
  return [HEAD, `${table}\n`, ...presets.map(section)].join("\n");
}

function row(preset: Preset): string {
  const { name, title, retries } = preset;
  const numbers = hasNumbers(preset) ? "yes" : "no";
  const cells = [title, eventsOf(preset).join(", "), numbers, RETRY_WORDS[retries.level]];
  return `| [\`${name}\`](#${name}) | ${cells.join(" | ")} |`;
}

function section(preset: Preset): string {
  return [
    `## ${preset.name}`,
    "",
    `${preset.title}.`,
    "",
    ...preset.setup.map((step, index) => `${index + 1}. ${escaped(step)}`),
    "",
    `**Signature:** ${alternatives(preset.verify).map(recipeWords).join("; or ")}.`,
    "",
    `**Retries.** ${preset.retries.sentence}`,
    "",
    "**Good to know.**",
    "",
    ...preset.lacks.map((sentence) => `- ${escaped(sentence)}`),
    "",
    ...defaultsOf(preset),
    `**Events**, by ${code(pathOf(preset))}:`,
    "",
    "| ours | theirs |",
    "|---|---|",
    ...eventsOf(preset).map((event) => `| \`${event}\` | ${theirs(preset, event)} |`),
    "",
    "**Fields.**",
    "",
    "| field | expression |",
    "|---|---|",
    ...fieldsOf(preset).map(([name, value]) => `| ${name} | ${inTable(valueWords(value))} |`),
    "",
  ].join("\n");
}

function alternatives(verify: VerifyData): readonly (string | RecipeData)[] {
  if (typeof verify === "string") {
    const ready = Object.hasOwn(RECIPE_WORDS, verify) ? undefined : readyRecipe(verify);
    return ready === undefined ? [verify] : alternatives(ready);
  }
  return isList(verify) ? verify : [verify];
}

const isList = (verify: VerifyData): verify is readonly (string | RecipeData)[] =>
  Array.isArray(verify);

const recipeWords = (verify: string | RecipeData): string =>
  typeof verify === "string" ? (RECIPE_WORDS[verify] ?? code(verify)) : dataWords(verify);

function dataWords(recipe: RecipeData): string {
  const { layout = "{sig}", base = "{body}", digest = "sha256", encoding = "hex" } = recipe;
  const header = [recipe.header].flat().map(code).join(" or ");
  const place = `header ${header}${layout === "{sig}" ? "" : ` of the form ${code(layout)}`}`;
  if (recipe.jwt !== undefined) {
    const { alg = "HS256", iss, bodyClaim = "", encoding: form = "hex" } = recipe.jwt;
    const issuer = iss === undefined ? "" : `, issuer ${code(iss)}`;
    const claim = `the body's ${form} SHA-256 in ${code(bodyClaim)}`;
    return `${place}: a JWT (${alg}${issuer}) with ${claim}`;
  }
  if (layout.includes("{token}")) return `${place}: the secret itself`;
  const kind =
    recipe.mac === false
      ? `${digest} digest`
      : recipe.keys === undefined
        ? `HMAC-${digest.toUpperCase()}`
        : digest;
  const age = recipe.tolerance === undefined ? "" : `, accepted for ${recipe.tolerance} seconds`;
  const clock = recipe.timestamp === undefined ? "" : `, time in ${code(recipe.timestamp)}`;
  const keys = recipe.keys === undefined ? "" : `, keys from ${[recipe.keys].flat().join(", ")}`;
  const signed = [base].flat().map(visible).map(code).join(" or ");
  return `${place}: ${encoding} ${kind} of ${signed}${clock}${age}${keys}`;
}

const visible = (text: string): string => text.replaceAll("\n", "\\n");

const valuesOf = ({ map }: Preset): readonly (readonly [string, string])[] =>
  typeof map.event === "string" ? [] : Object.entries(map.event.values);

const pathOf = ({ map }: Preset): string =>
  typeof map.event === "string" ? map.event : map.event.path;

const eventsOf = (preset: Preset): readonly string[] => [
  ...new Set(valuesOf(preset).map(([, event]) => event)),
];

const theirs = (preset: Preset, event: string): string =>
  valuesOf(preset)
    .filter(([, ours]) => ours === event)
    .map(([name]) => inTable(code(name)))
    .join(", ");

const hasNumbers = ({ map }: Preset): boolean => map.current !== undefined;

function fieldsOf({ map }: Preset): readonly (readonly [string, ValueData])[] {
  const { event: _, ...fields } = map;
  return Object.entries(fields);
}

const valueWords = (value: ValueData): string =>
  typeof value === "string"
    ? code(value)
    : `group ${value.group ?? 1} of the last ${code(value.match)} in ${code(value.path)}`;

function defaultsOf({ fields }: Preset): readonly string[] {
  if (fields === undefined) return [];
  const words = Object.entries(fields).map(([name, value]) =>
    code(`${name} = ${JSON.stringify(value)}`),
  );
  return [`**Defaults.** ${words.join(", ")}.`, ""];
}

/** Text in a line of a table: a bar would end its cell. */
const inTable = (text: string): string => text.replaceAll("|", "\\|");

/** Code that may hold backticks, as JMESPath literals do. */
function code(text: string): string {
  const fence = text.includes("`") ? "``" : "`";
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${fence}${space}${text}${space}${fence}`;
}

/** Braces and brackets of prose are plain in Markdown; angle brackets and stars are not. */
const escaped = (text: string): string => text.replaceAll("<", "\\<").replaceAll("*", "\\*");
