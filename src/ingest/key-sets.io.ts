// The public keys of senders that publish them, read once per isolate and configuration.

import type { Settings } from "../config/settings.ts";
import { checkUrl } from "../config/url-policy.ts";
import { jwksStore, type JwksStore } from "./recipe/keys/jwks.io.ts";

const stores = new WeakMap<Settings, JwksStore>();

/** The key sets that sources of this configuration use, under its URL policy. */
export function keySetsOf(settings: Settings): JwksStore {
  const known = stores.get(settings);
  if (known !== undefined) return known;
  const store = jwksStore({
    fetch: (url, init) => fetch(url, init),
    checkUrl: (url) => checkUrl(url, { allowPrivate: settings.allowPrivateUrls }),
  });
  stores.set(settings, store);
  return store;
}
