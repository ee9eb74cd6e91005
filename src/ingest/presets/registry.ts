// Every preset that `provider`, `verify` and `map` take by name.

import { airweave } from "./data/airweave.ts";
import { apify } from "./data/apify.ts";
import { assemblyai } from "./models/assemblyai.ts";
import { baseten } from "./models/baseten.ts";
import { buildkite } from "./builds/buildkite.ts";
import { circleci } from "./builds/circleci.ts";
import { cloudconvert } from "./media/cloudconvert.ts";
import { cloudflareStream } from "./media/cloudflare-stream.ts";
import { cloudinary } from "./media/cloudinary.ts";
import { dbt } from "./data/dbt.ts";
import { elevenlabs } from "./models/elevenlabs.ts";
import { expoEas } from "./builds/expo-eas.ts";
import { fal } from "./models/fal.ts";
import { firecrawl } from "./data/firecrawl.ts";
import { fivetran } from "./data/fivetran.ts";
import { gemini } from "./models/gemini.ts";
import { githubActions } from "./builds/github-actions.ts";
import { gitlab } from "./builds/gitlab.ts";
import { hcpTerraform } from "./builds/hcp-terraform.ts";
import { livekitEgress } from "./media/livekit-egress.ts";
import { mux } from "./media/mux.ts";
import { netlify } from "./builds/netlify.ts";
import { openai } from "./models/openai.ts";
import { openrouterVideo } from "./models/openrouter-video.ts";
import type { Preset } from "./preset.ts";
import { remotion } from "./media/remotion.ts";
import { replicate } from "./models/replicate.ts";
import { shopifyBulk } from "./data/shopify-bulk.ts";
import { stripeReports } from "./data/stripe-reports.ts";
import { vercel } from "./builds/vercel.ts";
import { zoomRecording } from "./media/zoom-recording.ts";

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
