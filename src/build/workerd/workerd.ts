// `npm run build:workerd`: a folder that runs the relay on `workerd` without Cloudflare.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { extname, join, relative, resolve } from "node:path";
import { scriptArgs } from "../../cli/script.ts";
import { bindingsOf } from "../../cli/check/bindings.ts";
import { namedSecrets } from "../../cli/check/secret-names.ts";
import { checkFiles, readProjectFiles, type ProjectFiles } from "../../cli/local/project-files.ts";
import { ROOT } from "../../cli/local/relay-process.ts";
import { configurationText, type WorkerModule } from "./configuration.ts";

const KINDS: Readonly<Record<string, WorkerModule["kind"]>> = {
  ".js": "esModule",
  ".txt": "text",
  ".html": "text",
  ".bin": "data",
};

/** Secrets that no source or subscriber names. */
const OWN_SECRETS = ["ADMIN_TOKEN", "STREAM_SECRET"] as const;

/** Prints sentences and ends the process with 1. */
function fail(lines: readonly string[]): never {
  for (const line of lines) console.error(line);
  process.exit(1);
}

const isEntry = ({ name }: WorkerModule): boolean => name === "index.js";

/** Bundles the Worker as a deploy would; nothing leaves the machine. */
function bundle(directory: string): readonly WorkerModule[] {
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", directory], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" },
  });
  const modules: WorkerModule[] = [];
  for (const name of readdirSync(directory).toSorted()) {
    const kind = KINDS[extname(name)];
    if (kind === undefined) rmSync(join(directory, name));
    else modules.push({ name, kind });
  }
  return [...modules.filter(isEntry), ...modules.filter((one) => !isEntry(one))];
}

/** What has no counterpart outside of Cloudflare. */
function unsupported({ config }: ProjectFiles): readonly string[] {
  const { targets } = bindingsOf(config);
  return [...targets].map(
    ([name, kind]) => `${name}: ${kind} bindings exist on Cloudflare only; use url subscribers`,
  );
}

const USAGE = `npm run build:workerd -- [--config <file>] [--env <name>] [--out <folder>]

  --config  the configuration, by default wrangler.toml
  --env     an environment of it
  --out     where the relay is written, by default dist/workerd
  --help    this text`;

const { values } = scriptArgs(USAGE, {
  options: {
    config: { type: "string", default: join(ROOT, "wrangler.toml") },
    env: { type: "string" },
    out: { type: "string", default: join("dist", "workerd") },
  },
});
const files = readProjectFiles(resolve(values.config), values.env ?? null);
if (!files.ok) fail([files.fault]);
const problems = [...checkFiles(files.value, false).problems, ...unsupported(files.value)];
if (problems.length > 0) fail(problems);

const out = resolve(ROOT, values.out);
rmSync(join(out, "worker"), { recursive: true, force: true });
mkdirSync(join(out, "worker"), { recursive: true });
mkdirSync(join(out, "data"), { recursive: true });
const modules = bundle(join(out, "worker"));
cpSync(join(ROOT, "dist", "public"), join(out, "assets"), { recursive: true });
const { vars, config } = files.value;
const secrets = [...new Set([...OWN_SECRETS, ...namedSecrets(vars)])];
writeFileSync(
  join(out, "config.capnp"),
  configurationText({
    modules,
    compatibilityDate: config["compatibility_date"] as string,
    compatibilityFlags: (config["compatibility_flags"] as readonly string[] | undefined) ?? [],
    objects: Object.fromEntries(bindingsOf(config).objects),
    vars,
    secrets,
    allowPrivate: String(vars["ALLOW_PRIVATE_URLS"]) === "true",
  }),
);
const folder = relative(process.cwd(), out) || ".";
console.log(`The relay is in ${folder}. Its secrets are environment variables:

  ${secrets.map((name) => `export ${name}=…`).join("\n  ")}
  cd ${folder}
  npx workerd serve config.capnp --socket-addr=http=127.0.0.1:8787

It has to be started in that folder. Its data is in ${join(folder, "data")}; keep it where it is backed up with --directory-path=objects=<path>.`);
