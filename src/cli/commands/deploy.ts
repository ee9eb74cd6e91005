// `deploy`: checks what is deployed, its secrets and bindings, deploys it, and wakes what waits.

import { defineCommand } from "citty";
import { basename, dirname } from "node:path";
import { problemLines, warningLines } from "../check/print.ts";
import { namedSecrets } from "../check/secret-names.ts";
import { Failure } from "../command.ts";
import { deployedUrls, runWrangler, secretList, wantedOptions } from "../deploy/wrangler.ts";
import { checkFiles, readProjectFiles, type ProjectFiles } from "../local/project-files.ts";
import { projectPath } from "../local/project.ts";
import { painter } from "../paint.ts";
import { wakeAll } from "./wake.ts";

/** `npm run deploy -- <options of wrangler deploy>`. */
export const deploy = defineCommand({
  meta: {
    name: "deploy",
    description: "Check an environment and its secrets, deploy it, and wake what waits",
  },
  args: {
    env: { type: "string", description: "The environment", valueHint: "name" },
    "dry-run": { type: "boolean", description: "Build and check, but deploy nothing" },
  },
  run: async ({ rawArgs }) => {
    const { env, isDryRun, secretsFile } = wantedOptions(rawArgs);
    const path = projectPath("wrangler.toml");
    const files = readProjectFiles(path, env);
    if (!files.ok) throw new Failure(files.fault);
    checkOrThrow(files.value);
    const directory = dirname(path);
    if (isDryRun)
      console.log("A dry run does not ask Cloudflare: whether the secrets are set is not known.");
    else checkSecrets(files.value, directory, secretsFile);
    const { code, outputs } = await runWrangler(["deploy", ...rawArgs], directory);
    if (code !== 0) throw new Failure(`wrangler deploy failed (exit code ${code})`);
    if (!isDryRun) await wakeDeployed(deployedUrls(outputs));
  },
});

function checkOrThrow(files: ProjectFiles): void {
  const report = checkFiles(files, false);
  const paint = painter(process.stdout.isTTY, process.env);
  const file = basename(files.path);
  for (const line of problemLines(report, file, paint)) console.error(line);
  // Secrets are looked up on Cloudflare, which knows them.
  const warnings = warningLines(report, file, paint);
  for (const line of warnings) if (!/secret \w+ is not known here/.test(line)) console.log(line);
  if (!report.ok) throw new Failure("Nothing was deployed: this configuration would answer 503.");
}

/** Fails when a secret is neither on Cloudflare nor in the file that goes with the Worker. */
function checkSecrets(
  { vars, environment }: ProjectFiles,
  directory: string,
  secretsFile: readonly string[],
): void {
  const known = secretList(environment, directory);
  const wanted = [...namedSecrets(vars), "ADMIN_TOKEN", "STREAM_SECRET"];
  const missing = wanted.filter(
    (name) => !secretsFile.includes(name) && !known.includes(name) && vars[name] === undefined,
  );
  if (missing.length === 0) return;
  const option = environment === null ? "" : ` --env ${environment}`;
  const commands = missing.map((name) => `  npx wrangler secret put ${name}${option}`);
  throw new Failure(["Nothing was deployed: these secrets are not set.", ...commands].join("\n"));
}

/** Lets the deployed relay look at its new configuration, where address and token are known. */
async function wakeDeployed(urls: readonly string[]): Promise<void> {
  const { JOBRELAY_URL: profile = "", JOBRELAY_TOKEN: token = "" } = process.env;
  const url = profile === "" ? urls[0] : profile;
  const isAnother =
    profile !== "" && urls.length > 0 && !urls.some((one) => sameHost(one, profile));
  if (url === undefined || token === "" || isAnother) {
    const address = isAnother ? urls[0] : url;
    console.log(
      `What waits looks at the new configuration with its next event. At once: JOBRELAY_URL=${address ?? "https://<the relay>"} JOBRELAY_TOKEN=<its ADMIN_TOKEN> npm run relay -- wake`,
    );
    return;
  }
  try {
    const { subscribers, jobs } = await wakeAll({ url, token });
    console.log(`Woke ${subscribers} subscribers and ${jobs} unfinished jobs at ${url}.`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // It is deployed: what waits looks at the configuration with its next event.
    console.log(`Deployed, but what waits was not woken: ${error.message}`);
  }
}

const sameHost = (left: string, right: string): boolean =>
  URL.canParse(left) && URL.canParse(right) && new URL(left).host === new URL(right).host;
