// The Worker under measurement: bundled as a deploy would, and described for `workerd serve`.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { parse } from "smol-toml";
import { ROOT } from "../../src/cli/local/relay-process.ts";
import type { Module, WorkerSpec } from "./workerd.ts";

export const ACCOUNT = "acme";
export const ADMIN_TOKEN = "bench-admin-token";
export const SOURCE_SECRET = "bench-source-secret";
export const OWN_SECRET = "bench-own-secret";

/** What the reader of own names does, as a map: half of the presets have fewer expressions. */
const OWN_MAP = {
  event: { path: "event", values: { "job.progress": "job.progress", "job.*": "job.started" } },
  guid: "guid",
  status: "status",
  current: "current",
  total: "total",
  url: "details.download || `null`",
  error: "details.error.message || details.error",
};

/**
 * Secrets and settings of every relay here. Lines per webhook are left out: on Cloudflare they go
 * to a buffer, here to a pipe.
 */
const VARS = {
  ADMIN_TOKEN,
  STREAM_SECRET: "bench-stream-secret-of-at-least-32-bytes",
  ALLOW_PRIVATE_URLS: true,
  LOG_LEVEL: "error",
  COMMENTS_SECRET: SOURCE_SECRET,
  OWN_SECRET,
  SUBSCRIBER_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  SOURCES: [
    { id: "comments", provider: "exportcomments", secrets: ["COMMENTS_SECRET"], account: ACCOUNT },
    { id: "own", provider: "generic", verify: "bearer", secrets: ["OWN_SECRET"] },
    { id: "mapped", provider: "generic", verify: "bearer", secrets: ["OWN_SECRET"], map: OWN_MAP },
  ],
};

/**
 * The bundle on disk, to be removed with `remove`. `gzip` is in bytes, over all modules together.
 */
export interface Bundle {
  readonly modules: readonly Module[];
  readonly bytes: number;
  readonly gzip: number;
  remove(): void;
}

const KINDS: Readonly<Record<string, Module["kind"]>> = {
  ".js": "esModule",
  ".mjs": "esModule",
  ".txt": "text",
  ".html": "text",
  ".sql": "text",
  ".bin": "data",
  ".wasm": "wasm",
};

/** The module that is deployed. */
const ENTRY = join(ROOT, "src", "index.ts");

/**
 * Bundles the Worker, or another module that exports the same, with `wrangler deploy --dry-run`;
 * nothing leaves the machine.
 */
export function bundleRelay(entry: string = ENTRY): Bundle {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-bundle-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", remove);
  const wrangler = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
  const command = [wrangler, "deploy", entry, "--dry-run", "--outdir", directory];
  execFileSync(process.execPath, command, {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_WRITE_LOGS: "false",
    },
  });
  const found = readdirSync(directory).flatMap((name): readonly Module[] => {
    const kind = KINDS[extname(name)];
    return kind === undefined ? [] : [{ name, kind, path: join(directory, name) }];
  });
  const first = `${basename(entry, ".ts")}.js`;
  const modules = found.toSorted(
    (left, right) => Number(right.name === first) - Number(left.name === first),
  );
  const whole = Buffer.concat(modules.map(({ path }) => readFileSync(path)));
  return { modules, bytes: whole.byteLength, gzip: gzipSync(whole).byteLength, remove };
}

interface WranglerToml {
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly durable_objects: {
    readonly bindings: readonly { readonly name: string; readonly class_name: string }[];
  };
}

/**
 * The relay with the repository's compatibility date, flags and objects, and the benchmark's vars.
 */
export function relaySpec(
  bundle: Bundle,
  vars: Readonly<Record<string, unknown>> = {},
): WorkerSpec {
  const toml = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8")) as unknown as WranglerToml;
  return {
    modules: bundle.modules,
    compatibilityDate: toml.compatibility_date,
    compatibilityFlags: toml.compatibility_flags ?? [],
    objects: Object.fromEntries(
      toml.durable_objects.bindings.map(({ name, class_name }) => [name, class_name]),
    ),
    vars: { ...VARS, ...vars },
  };
}

/** A path that answers once the relay is up and its configuration is valid. */
export const RELAY_READY = "/healthz";

/** The vars of one subscriber at that address. */
export const subscribedTo = (
  url: string,
  concurrency: number,
): Readonly<Record<string, unknown>> => ({
  SUBSCRIBERS: [{ id: "crm", url, secrets: ["SUBSCRIBER_SECRET"], concurrency }],
});
