// `version`: which version of the command line this is.

import { VERSION } from "../../kernel/version.ts";
import { relayCommand } from "../command.ts";
import { jsonText } from "../paint.ts";

/** Prints the version. */
export const version = relayCommand({
  name: "version",
  description: "Print the version",
  args: { json: { type: "boolean", description: "Print JSON for scripts", default: false } },
  run: ({ json }) => console.log(json ? jsonText({ version: VERSION }) : VERSION),
});
