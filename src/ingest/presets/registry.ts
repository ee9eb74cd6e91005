// Every preset that `provider`, `verify` and `map` take by name.

import { airweave } from "./airweave.ts";
import { apify } from "./apify.ts";
import { assemblyai } from "./assemblyai.ts";
import { baseten } from "./baseten.ts";
import { buildkite } from "./buildkite.ts";
import { circleci } from "./circleci.ts";
import { cloudconvert } from "./cloudconvert.ts";
import { cloudflareStream } from "./cloudflare-stream.ts";
import { cloudinary } from "./cloudinary.ts";
import { dbt } from "./dbt.ts";
import { elevenlabs } from "./elevenlabs.ts";
import { expoEas } from "./expo-eas.ts";
import { fal } from "./fal.ts";
import { firecrawl } from "./firecrawl.ts";
import { fivetran } from "./fivetran.ts";
import { gemini } from "./gemini.ts";
import { githubActions } from "./github-actions.ts";
import { gitlab } from "./gitlab.ts";
import { hcpTerraform } from "./hcp-terraform.ts";
import { livekitEgress } from "./livekit-egress.ts";
import { mux } from "./mux.ts";
import { netlify } from "./netlify.ts";
import { openai } from "./openai.ts";
import { openrouterVideo } from "./openrouter-video.ts";
import type { Preset } from "./preset.ts";
import { remotion } from "./remotion.ts";
import { replicate } from "./replicate.ts";
import { shopifyBulk } from "./shopify-bulk.ts";
import { stripeReports } from "./stripe-reports.ts";
import { vercel } from "./vercel.ts";
import { zoomRecording } from "./zoom-recording.ts";

/** All presets in the order of their names. To add one, write its file and add it here. */
export const PRESETS: readonly Preset[] = [
  airweave,
  apify,
  assemblyai,
  baseten,
  buildkite,
  circleci,
  cloudconvert,
  cloudflareStream,
  cloudinary,
  dbt,
  elevenlabs,
  expoEas,
  fal,
  firecrawl,
  fivetran,
  gemini,
  githubActions,
  gitlab,
  hcpTerraform,
  livekitEgress,
  mux,
  netlify,
  openai,
  openrouterVideo,
  remotion,
  replicate,
  shopifyBulk,
  stripeReports,
  vercel,
  zoomRecording,
];

/** The preset of a name; undefined when there is none. */
export const presetNamed = (name: string): Preset | undefined =>
  PRESETS.find((preset) => preset.name === name);
