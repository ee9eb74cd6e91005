// Builds everything that browsers load.

import { buildConsole } from "./console.ts";
import { buildScripts } from "./scripts.ts";

await Promise.all([buildConsole(), buildScripts()]);
