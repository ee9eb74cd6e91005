// Where commands are tried: a project as an operator has it, and a running relay of it.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "smol-toml";
import { afterAll, beforeAll, expect } from "vitest";
import { ROOT } from "../../../../src/cli/local/relay-process.ts";
import { startReceiver, type Receiver } from "../../../support/receiver.ts";
import {
  ADMIN_TOKEN,
  BASE_VARS,
  SOURCE_SECRETS,
  SUBSCRIBER_SECRET,
} from "../../../support/relay.ts";
import { runCli, type CliOptions, type CliResult } from "../run-cli.ts";

/** The project that a relay is started of. */
export interface Project {
  /** Has wrangler.toml and .dev.vars. */
  readonly directory: string;
  /** Its vars without the secrets. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Its secrets by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** A running relay of the project, and the command line that is tried against it. */
export interface Stand {
  readonly url: string;
  /** Another program than the command line by its file. */
  readonly program?: NonNullable<CliOptions["program"]>;
  stop(): Promise<void>;
}

/** What the tests of a command use. Its members are there once the tests run. */
export interface World {
  readonly url: () => string;
  readonly directory: () => string;
  /** The subscriber `crm`. */
  readonly receiver: () => Receiver;
  /** In the project, with address and token in the environment; `more` is put over it. */
  readonly inProject: (more?: CliOptions) => CliOptions;
  /** Outside of any project. */
  readonly outside: (env?: Readonly<Record<string, string>>) => CliOptions;
  readonly run: (...args: readonly string[]) => Promise<CliResult>;
  /** Runs a command with `--json`, which has to end well and print nothing else. */
  readonly json: <T>(...args: readonly string[]) => Promise<T>;
  /** Sends one event of a job of the source `comments`. */
  readonly sendJob: (guid: string, event?: string) => Promise<CliResult>;
}

const SECRETS = {
  ADMIN_TOKEN,
  STREAM_SECRET: String(BASE_VARS["STREAM_SECRET"]),
  COMMENTS_SECRET: SOURCE_SECRETS.exportcomments,
  EMAIL_SECRET: SOURCE_SECRETS.emailengine,
  REPORTS_SECRET: SOURCE_SECRETS.betterez,
  SUBSCRIBER_SECRET,
};

const subscriber = (id: string, url: string): object => ({
  id,
  url,
  secrets: ["SUBSCRIBER_SECRET"],
  retry: [],
});

const varsFor = (receiver: Receiver): Readonly<Record<string, unknown>> => ({
  ALLOW_PRIVATE_URLS: true,
  SOURCES: BASE_VARS["SOURCES"],
  SOURCES_MORE: [
    { id: "ci", provider: "github-actions", secrets: ["COMMENTS_SECRET"] },
    { id: "videos", provider: "mux", secrets: ["COMMENTS_SECRET"], keepRefused: true },
    { id: "own", provider: "generic", secrets: ["COMMENTS_SECRET"] },
    { id: "std", provider: "standard-webhooks", secrets: ["SUBSCRIBER_SECRET"] },
    { id: "ce", provider: "cloudevents", secrets: ["SUBSCRIBER_SECRET"] },
  ],
  SUBSCRIBERS: [subscriber("crm", receiver.url), subscriber("gone", "http://127.0.0.1:1/hook")],
  RULES: [{ id: "all", match: { source: "*" }, to: ["crm"] }],
});

function newProject(receiver: Receiver): Project {
  const directory = mkdtempSync(join(tmpdir(), "jobrelay-cli-"));
  const vars = varsFor(receiver);
  const base = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  writeFileSync(join(directory, "wrangler.toml"), stringify({ ...base, vars }));
  const lines = Object.entries(SECRETS).map(([name, value]) => `${name}=${value}`);
  writeFileSync(join(directory, ".dev.vars"), lines.join("\n"));
  return { directory, vars, secrets: SECRETS };
}

/** Starts a project before the tests of a file, and ends it after them. */
export function startWorld(open: (project: Project) => Promise<Stand>): World {
  let stand: Stand;
  let receiver: Receiver;
  let directory = "";
  beforeAll(async () => {
    receiver = await startReceiver();
    const project = newProject(receiver);
    ({ directory } = project);
    stand = await open(project);
  });
  afterAll(async () => {
    await stand?.stop();
    await receiver?.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const environment = (): Readonly<Record<string, string>> => ({
    JOBRELAY_URL: stand.url,
    JOBRELAY_TOKEN: ADMIN_TOKEN,
    XDG_STATE_HOME: join(directory, "state"),
  });
  const inProject = (more: CliOptions = {}): CliOptions => ({
    cwd: directory,
    env: environment(),
    ...(stand.program === undefined ? {} : { program: stand.program }),
    ...more,
  });
  const run = (...args: readonly string[]): Promise<CliResult> => runCli(args, inProject());
  return {
    url: () => stand.url,
    directory: () => directory,
    receiver: () => receiver,
    inProject,
    outside: (env = environment()) => inProject({ cwd: tmpdir(), env }),
    run,
    json: async <T>(...args: readonly string[]): Promise<T> => {
      const { code, stdout, stderr } = await run(...args, "--json");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return JSON.parse(stdout) as T;
    },
    sendJob: (guid, event = "job.created") =>
      run("send", "exportcomments", "--guid", guid, "--event", event),
  };
}
