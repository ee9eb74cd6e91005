// `npm start`: the relay on the embedded runtime, with sample sources, on this machine.

import { constants, copyFileSync, existsSync } from "node:fs";
import { constants as os } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { painter } from "../paint.ts";
import {
  describeExit,
  isListening,
  launchRelay,
  ROOT,
  type Exit,
  type RelayProcess,
} from "./relay-process.ts";
import { localProject } from "./local-project.ts";
import { created } from "../../samples/exportcomments.ts";
import { sign } from "../../samples/signing.ts";
import {
  banner,
  START_USAGE,
  startOptions,
  type SampleCall,
  type StartOptions,
} from "./start-options.ts";

function ensureDevVars(): void {
  const target = join(ROOT, ".dev.vars");
  if (existsSync(target)) return;
  copyFileSync(join(ROOT, ".dev.vars.example"), target, constants.COPYFILE_EXCL);
  console.log("Created .dev.vars from .dev.vars.example (local secrets; not for production).");
}

async function sampleCall(): Promise<SampleCall | null> {
  const project = localProject(ROOT);
  const source = project.sources.find(
    (candidate) => candidate.provider === "exportcomments" && candidate.secret !== null,
  );
  if (source === undefined || source.secret === null) return null;
  const guid = randomUUID();
  const body = JSON.stringify(
    created({ guid, page: "https://www.youtube.com/watch?v=dQw4w9WgXcQ", total: 1500 }),
  );
  const { headers } = await sign({
    provider: "exportcomments",
    secret: source.secret,
    body,
    now: Date.now(),
  });
  const signature = headers["x-signature"] ?? "";
  return {
    source: source.id,
    guid,
    header: "x-signature",
    signature,
    body,
    adminToken: project.vars["ADMIN_TOKEN"] ?? null,
  };
}

async function sayHello(relay: RelayProcess): Promise<void> {
  await relay.ready();
  const health = await fetch(`${relay.url}/healthz`);
  const paint = painter(process.stdout.isTTY, process.env);
  console.log(banner(relay.url, health.ok, await sampleCall(), paint));
  if (!health.ok) console.log(problemsOf(await health.text()));
}

/** The problems of an invalid configuration, one a line. */
function problemsOf(body: string): string {
  try {
    const { problems } = JSON.parse(body) as { readonly problems?: readonly string[] };
    return (problems ?? [body]).map((problem) => `  ${problem}`).join("\n");
  } catch {
    return body;
  }
}

function codeOf(exit: Exit): number {
  if (exit.signal !== null) return SIGNAL_BASE + os.signals[exit.signal];
  return exit.code ?? 1;
}

/** Shells report a process ended by signal n as 128 + n. */
const SIGNAL_BASE = 128;

async function run(options: StartOptions): Promise<number> {
  if (await isListening(options.port)) {
    console.error(
      `Port ${options.port} is in use. Take another one: npm start -- --port ${options.port + 1}`,
    );
    return 1;
  }
  ensureDevVars();
  const relay = launchRelay({
    config: join(ROOT, "wrangler.toml"),
    port: options.port,
    ip: options.ip,
    persistTo: join(ROOT, ".wrangler", "state"),
    output: "inherit",
  });
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      relay.signal(stopping ? "SIGKILL" : signal);
      stopping = true;
    });
  }
  process.once("exit", () => relay.signal("SIGKILL"));
  // When the relay ends before it is ready, wrangler has printed the reason.
  sayHello(relay).catch(() => undefined);
  const exit = await relay.exited;
  // The user ended it: that is no failure.
  if (stopping) return 0;
  if (codeOf(exit) !== 0) console.error(`The relay ended (${describeExit(exit)}).`);
  return codeOf(exit);
}

const args = process.argv.slice(2);
const options = startOptions(args, process.env);
if (args.includes("--help") || args.includes("-h")) console.log(START_USAGE);
else if (options.ok) process.exitCode = await run(options.value);
else {
  console.error(options.fault);
  process.exitCode = 2;
}
