// What says what the bodies of a source mean: code for some providers, maps for all others.

import type { ReaderName, SourceSettings } from "../../config/settings.ts";
import { evaluateMap } from "../map/evaluate.ts";
import type { CompiledMap } from "../map/compile.ts";
import type { Provider } from "../provider.ts";
import { visibleHeaders } from "../request/visible-headers.ts";
import { betterez } from "./betterez.ts";
import { emailengine } from "./emailengine.ts";
import { exportcomments } from "./exportcomments/exportcomments.ts";
import { cloudevents } from "./own-names/cloudevents.ts";
import { generic } from "./own-names/generic.ts";
import { standardWebhooks } from "./own-names/standard-webhooks.ts";

/** Providers with code of their own, by the name that a source's `provider` gives. */
export const PROVIDER_FILES: Readonly<Record<ReaderName, Provider>> = {
  exportcomments,
  emailengine,
  betterez,
  "standard-webhooks": standardWebhooks,
  cloudevents,
  generic,
};

/** The reader of a source's bodies. */
export const providerOf = ({ meaning }: SourceSettings): Provider =>
  meaning.kind === "reader" ? PROVIDER_FILES[meaning.reader] : mapped(meaning.map);

const mapped = (map: CompiledMap): Provider => ({
  redacts: true,
  read: (body, { headers, url, source, now }) =>
    evaluateMap(map, {
      body,
      headers: visibleHeaders(headers.entries(), source.recipe),
      query: Object.fromEntries(URL.parse(url)?.searchParams ?? []),
      now,
      redact: source.redact,
      hasFixedAccount: source.account !== null,
    }),
});
