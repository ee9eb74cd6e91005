// The source to which samples are sent, and how they are signed.

import { parseSettings } from "../config/parse.ts";
import { readRecipe, senderNamed } from "../config/senders/senders.ts";
import type { SourceSettings } from "../config/settings.ts";
import type { CompiledRecipe } from "../ingest/recipe/scheme.ts";
import { signSample, type SignedSample } from "../ingest/recipe/sign/sign.io.ts";
import { utf8 } from "../kernel/bytes.ts";
import { aboutJob, type PresetSample } from "../samples/presets.ts";
import { withPlaceholders } from "./check/secret-names.ts";
import { Failure } from "./command.ts";
import { localProject, type LocalSource } from "./local/local-project.ts";
import { projectDirectory } from "./local/project.ts";
import { isLocalUrl, relayUrl, type RelayChoice } from "./relay-api.ts";

/** Which source is meant. */
export interface TargetChoice extends RelayChoice {
  readonly provider: string;
  readonly source?: string | undefined;
  /** The secret itself; without it the one that the source names is looked for. */
  readonly secret?: string | undefined;
}

/** A source of a relay, and the secret that signs for it. */
export interface PresetTarget {
  readonly relay: string;
  readonly id: string;
  /** `null` where nothing is proved. */
  readonly recipe: CompiledRecipe | null;
  readonly secret: string;
}

/**
 * Finds the source in wrangler.toml: the first of the provider, or the one of that id. With
 * `--source` and `--secret` no project is needed: the provider's own recipe signs.
 */
export function presetTarget(choice: TargetChoice): PresetTarget {
  const { provider, source: id, secret } = choice;
  const relay = relayUrl(choice);
  const directory = projectDirectory();
  const local =
    directory === null
      ? undefined
      : localProject(directory).sources.find((one) =>
          id === undefined ? one.provider === provider : one.id === id,
        );
  if (directory !== null && local !== undefined) {
    const { recipe } = settingsOf(directory, local.id);
    return { relay, id: local.id, recipe, secret: secret ?? secretOf(local, recipe, relay) };
  }
  if (id !== undefined && secret !== undefined)
    return { relay, id, recipe: ownRecipe(provider), secret };
  throw new Failure(
    directory === null
      ? "there is no wrangler.toml here: name the source with --source and its secret with --secret"
      : `wrangler.toml has no source ${id ?? `of provider ${provider}`}: add one, or name another relay's with --source and --secret`,
  );
}

function settingsOf(directory: string, id: string): SourceSettings {
  const filled = withPlaceholders(localProject(directory).all);
  const settings = parseSettings(filled.vars, new Set(filled.missing));
  if (!settings.ok) throw new Failure(settings.fault.join("\n"));
  const source = settings.value.sources.get(id);
  if (source === undefined) throw new Failure(`there is no source ${id}`);
  return source;
}

/** The environment's secret, else the one of .dev.vars, which is for relays on this machine. */
function secretOf(
  { id, secretName, secret }: LocalSource,
  recipe: CompiledRecipe | null,
  relay: string,
): string {
  if (recipe === null || secretName === null) return "";
  const given = process.env[secretName];
  if (given !== undefined) return given;
  if (secret !== null && isLocalUrl(relay)) return secret;
  throw new Failure(
    isLocalUrl(relay)
      ? `secret ${secretName} of source ${id} is neither in the environment nor in .dev.vars`
      : `secret ${secretName} of source ${id} is not in the environment, and the one of .dev.vars is for this machine only: set it, or use --secret`,
  );
}

function ownRecipe(provider: string): CompiledRecipe | null {
  const reading = { vars: {}, problems: [] };
  const sender = senderNamed(provider, "provider", reading);
  if (sender === null) throw new Failure(reading.problems.join("\n"));
  return readRecipe(undefined, sender, { path: "provider", allowPrivate: false }, reading);
}

/** What is sent: a sample about a job. */
export interface PresetPost {
  readonly sample: PresetSample;
  readonly guid: string;
  readonly id: string;
  readonly now: number;
}

/** Signs a sample as its sender does; throws when the secret is none that can sign. */
export async function signedPost(
  { relay, id: source, recipe, secret }: PresetTarget,
  { sample, guid, id, now }: PresetPost,
): Promise<SignedSample> {
  const { headers, query, body } = aboutJob(sample, guid);
  const search = new URLSearchParams(query).toString();
  const url = `${relay}/hooks/${source}${search === "" ? "" : `?${search}`}`;
  const given = {
    url,
    headers: { "content-type": "application/json", ...headers },
    body: utf8(typeof body === "string" ? body : JSON.stringify(body)),
  };
  if (recipe === null) return given;
  const signed = await signSample(recipe, { ...given, secret, now, id });
  if (!signed.ok) throw new Failure(`source ${source}: ${signed.fault}`);
  return signed.value;
}
