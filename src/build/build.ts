// Builds what browsers load, the description of the API, and the parts of libraries that the
// Worker gets.

import { buildConsole } from "./console.ts";
import { buildParser } from "./parser.ts";
import { buildProtobuf } from "./protobuf.ts";
import { buildReference } from "./reference.ts";
import { buildScripts } from "./scripts.ts";

buildReference();
await Promise.all([buildConsole(), buildParser(), buildProtobuf(), buildScripts()]);
