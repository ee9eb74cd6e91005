// Builds everything that browsers load, and the description of the API.

import { buildConsole } from "./console.ts";
import { buildReference } from "./reference.ts";
import { buildScripts } from "./scripts.ts";

buildReference();
await Promise.all([buildConsole(), buildScripts()]);
