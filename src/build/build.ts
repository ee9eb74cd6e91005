// Builds what browsers load, the description of the API, and the parser of JMESPath.

import { buildConsole } from "./console.ts";
import { buildParser } from "./parser.ts";
import { buildReference } from "./reference.ts";
import { buildScripts } from "./scripts.ts";

buildReference();
await Promise.all([buildConsole(), buildParser(), buildScripts()]);
