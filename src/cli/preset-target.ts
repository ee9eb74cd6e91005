// A source of wrangler.toml to which samples of a preset are sent, and how they are signed.

import { parseSettings } from "../config/parse.ts";
import type { SourceSettings } from "../config/settings.ts";
import { signSample, type SignedSample } from "../ingest/recipe/sign/sign.io.ts";
import { utf8 } from "../kernel/bytes.ts";
import { aboutJob, type PresetSample } from "../samples/presets.ts";
import { Failure } from "./command.ts";
import { localProject } from "./local/local-project.ts";
import { ROOT } from "./local/relay-process.ts";
import { withPlaceholders } from "./check/secret-names.ts";

/** A source, and the secret that signs for it: the environment's before the one of .dev.vars. */
export interface PresetTarget {
  readonly source: SourceSettings;
  readonly secret: string;
}

/** Finds the first source of a provider, or the one called `id`; throws when there is none. */
export function presetTarget(provider: string, id: string | undefined): PresetTarget {
  const { all, sources } = localProject(ROOT);
  const local = sources.find((one) =>
    id === undefined ? one.provider === provider : one.id === id,
  );
  if (local === undefined)
    throw new Failure(`wrangler.toml has no source ${id ?? `of provider ${provider}`}`);
  const filled = withPlaceholders(all);
  const settings = parseSettings(filled.vars, new Set(filled.missing));
  if (!settings.ok) throw new Failure(settings.fault.join("\n"));
  const source = settings.value.sources.get(local.id);
  if (source === undefined) throw new Failure(`there is no source ${local.id}`);
  const { secretName } = local;
  const fromEnvironment = secretName === null ? undefined : process.env[secretName];
  return { source, secret: fromEnvironment ?? local.secret ?? "" };
}

/** What is sent: a sample about a job, to the address of a relay. */
export interface PresetPost {
  readonly relay: string;
  readonly sample: PresetSample;
  readonly guid: string;
  readonly id: string;
  readonly now: number;
}

/** Signs a sample as its sender does; throws when the secret is none that can sign. */
export async function signedPost(
  { source, secret }: PresetTarget,
  { relay, sample, guid, id, now }: PresetPost,
): Promise<SignedSample> {
  const { headers, query, body } = aboutJob(sample, guid);
  const search = new URLSearchParams(query).toString();
  const url = `${relay.replace(/\/+$/, "")}/hooks/${source.id}${search === "" ? "" : `?${search}`}`;
  const given = {
    url,
    headers: { ...headers, "content-type": "application/json" },
    body: utf8(JSON.stringify(body)),
  };
  if (source.recipe === null) return given;
  const signed = await signSample(source.recipe, { ...given, secret, now, id });
  if (!signed.ok) throw new Failure(`source ${source.id}: ${signed.fault}`);
  return signed.value;
}
