// Writes the description of the API into the static assets: documents, schemas and pages.

import { asyncApi } from "../api/description/asyncapi.ts";
import { EVENTS, eventSchema, schemaPath } from "../api/description/events.ts";
import { STYLE } from "../api/description/html.ts";
import { openApi } from "../api/description/openapi.ts";
import { problemDocument, referencePage } from "../api/description/page.ts";
import { toolList } from "../api/description/tools.ts";
import { PROBLEM_TYPES, problemPage } from "../kernel/problem.ts";
import { write } from "./bundle.ts";

const json = (document: unknown): string => `${JSON.stringify(document)}\n`;

/** Writes all of it below `dist/public`, and the list of tools as a module. */
export function buildReference(): void {
  write("public/openapi.json", json(openApi()));
  write("public/asyncapi.json", json(asyncApi()));
  for (const event of EVENTS) write(`public${schemaPath(event.name)}`, json(eventSchema(event)));
  write("public/docs/index.html", referencePage());
  write("public/docs/docs.css", STYLE);
  // The list of tools is part of the script: agents work without static assets, too.
  write(
    "tools.js",
    `export const TOOL_LIST = ${JSON.stringify({ text: JSON.stringify(toolList()) })};\n`,
  );
  for (const type of PROBLEM_TYPES) write(`public${problemPage(type)}.html`, problemDocument(type));
}
