// Public keys behind a URL: read under the URL policy, bounded in time and size, and kept for an
// hour.

import type { Result } from "../../../kernel/result.ts";
import { concat } from "../../../kernel/bytes.ts";
import { DAY, HOUR, MINUTE, SECOND, type Millis } from "../../../kernel/time.ts";
import type { PublicKeyAlgorithm } from "../recipe.ts";
import { boundedCache, type BoundedCache } from "./cache.ts";
import { jwksOf } from "./jwks.ts";
import { jwkCryptoKey } from "./keys.io.ts";

/** Bytes of a key set; Google's has 4 KB. */
export const MAX_JWKS_BYTES = 65_536;

/** A sender waits for its answer meanwhile, 5 to 30 seconds as a rule. */
const JWKS_TIMEOUT: Millis = 3 * SECOND;

/** After this a set is read again. */
export const JWKS_FRESH: Millis = HOUR;

/** A set that cannot be read again is believed for this long (fal allows 24 hours). */
export const JWKS_STALE: Millis = DAY;

/** Between two reads that an unknown key asks for: a stranger can name any key. */
export const JWKS_REFETCH_EVERY: Millis = MINUTE;

/** Between two reads of a set of which the relay has nothing, after one failed. */
export const JWKS_RETRY_EVERY: Millis = 2 * SECOND;

/** Sets per isolate. */
const CACHED_SETS = 64;

/** A key of a set. */
export interface SetKey {
  readonly kid: string | null;
  readonly key: CryptoKey;
}

/** What is known of one set. */
interface KeySet {
  /** `null`: never read. */
  readonly keys: readonly SetKey[] | null;
  readonly readAt: Millis;
  readonly triedAt: Millis;
  readonly failed: boolean;
}

/** How the outside world is reached. */
export interface JwksDeps {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The URL policy; the fault is the end of a sentence. */
  readonly checkUrl: (url: string) => Result<URL, string>;
}

/** The keys of a set, or that it could not be read. */
export type KeySetReading =
  | { readonly kind: "keys"; readonly keys: readonly SetKey[] }
  | { readonly kind: "unavailable" };

/** Key sets of one isolate. It keeps resolved keys only. */
export interface JwksStore {
  /** The keys of a set, read when they are not known or too old. */
  keysOf(set: SetName, now: Millis): Promise<KeySetReading>;
  /**
   * The keys after a signature that none of the known ones confirms. `null`: the set was read less
   * than a minute ago, so nothing newer is to be had.
   */
  newerKeysOf(set: SetName, now: Millis): Promise<KeySetReading | null>;
}

/** A set of keys for one algorithm. */
export interface SetName {
  readonly url: string;
  readonly algorithm: PublicKeyAlgorithm;
}

/** Makes the store of an isolate. */
export function jwksStore(deps: JwksDeps): JwksStore {
  const sets = boundedCache<KeySet>(CACHED_SETS);
  return {
    async keysOf(set, now) {
      const known = sets.get(nameOf(set));
      if (known !== undefined && now - known.readAt < JWKS_FRESH && known.keys !== null)
        return { kind: "keys", keys: known.keys };
      if (known !== undefined && now - known.triedAt < waitOf(known)) return readingOf(known, now);
      return readingOf(await readSet(deps, sets, set, now), now);
    },
    async newerKeysOf(set, now) {
      const known = sets.get(nameOf(set));
      if (known === undefined || now - known.triedAt >= JWKS_REFETCH_EVERY) {
        const read = await readSet(deps, sets, set, now);
        return read.failed ? { kind: "unavailable" } : readingOf(read, now);
      }
      return known.failed ? { kind: "unavailable" } : null;
    },
  };
}

const nameOf = ({ url, algorithm }: SetName): string => `${algorithm} ${url}`;

/** Known keys can wait; a relay that knows none refuses every webhook of the source meanwhile. */
const waitOf = ({ keys }: KeySet): Millis =>
  keys === null ? JWKS_RETRY_EVERY : JWKS_REFETCH_EVERY;

const readingOf = ({ keys, readAt }: KeySet, now: Millis): KeySetReading =>
  keys === null || now - readAt >= JWKS_STALE ? { kind: "unavailable" } : { kind: "keys", keys };

async function readSet(
  deps: JwksDeps,
  sets: BoundedCache<KeySet>,
  set: SetName,
  now: Millis,
): Promise<KeySet> {
  const name = nameOf(set);
  const before = sets.get(name) ?? { keys: null, readAt: 0, triedAt: 0, failed: false };
  // Noted before the first await where keys are known, so that requests at the same time do not
  // all read.
  if (before.keys !== null) sets.set(name, { ...before, triedAt: now });
  const keys = await fetchedKeys(deps, set);
  const after: KeySet =
    keys === null
      ? { ...before, triedAt: now, failed: true }
      : { keys, readAt: now, triedAt: now, failed: false };
  // Of two reads at the same time, one that failed must not hide one that did not.
  const other = sets.get(name);
  if (keys === null && other !== undefined && other.readAt > before.readAt) return other;
  sets.set(name, after);
  return after;
}

async function fetchedKeys(
  deps: JwksDeps,
  { url, algorithm }: SetName,
): Promise<readonly SetKey[] | null> {
  const address = deps.checkUrl(url);
  if (!address.ok) return null;
  const bytes = await fetchedBytes(deps, address.value.href);
  const jwks = bytes === null ? null : jwksOf(bytes, algorithm);
  if (jwks === null) return null;
  const keys = await Promise.all(
    jwks.map(async (jwk) => ({ kid: jwk.kid, key: await jwkCryptoKey(jwk, algorithm) })),
  );
  const usable = keys.flatMap(({ kid, key }) => (key === null ? [] : [{ kid, key }]));
  // A set without a key for the recipe is the sender's mistake for a while, not a verdict on the
  // request.
  return usable.length === 0 ? null : usable;
}

async function fetchedBytes(deps: JwksDeps, href: string): Promise<Uint8Array | null> {
  try {
    // A redirect would lead past the URL policy.
    const response = await deps.fetch(href, {
      method: "GET",
      headers: { accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(JWKS_TIMEOUT),
    });
    if (response.status === 200 && response.body !== null) return await bounded(response.body);
    await response.body?.cancel("not a key set");
    return null;
  } catch {
    return null;
  }
}

async function bounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array | null> {
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength;
    if (size > MAX_JWKS_BYTES) {
      await reader.cancel("a key set over the limit");
      return null;
    }
    chunks.push(read.value);
  }
  return concat(...chunks);
}
