// Describes the floor for `workerd serve`: the same runtime, date and storage as the relay.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { SOURCE_SECRET } from "./relay.ts";
import type { WorkerSpec } from "./workerd.ts";

/** Takes the relay's description and puts the bare Worker in its place. */
export function floorSpec(relay: WorkerSpec): WorkerSpec {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-floor-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "index.js");
  const source = readFileSync(join(import.meta.dirname, "floor-worker.ts"), "utf8");
  writeFileSync(path, transformSync(source, { loader: "ts", format: "esm" }).code);
  return {
    ...relay,
    modules: [{ name: "index.js", kind: "esModule", path }],
    objects: { FLOOR: "Floor" },
    vars: { SECRET: SOURCE_SECRET },
  };
}

/** A path that answers once the floor is up. */
export const FLOOR_READY = "/";
