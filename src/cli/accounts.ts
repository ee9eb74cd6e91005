// Follows the streams of all accounts of a relay, also of those that appear later.

import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "./command.ts";
import type { RelayApi } from "./relay-api.ts";
import { openStream, type StreamFrame } from "./stream-client.ts";

/** A frame of one of the streams. */
export interface TakenFrame {
  readonly frame: StreamFrame;
  /** The account appeared while watching. */
  readonly isNew: boolean;
  /** The frame as it was sent: numbers keep their digits. */
  readonly text: string;
}

/** Which accounts are followed, and who is told. */
export interface AccountsOptions {
  /** Only this one; `null` is every account that has jobs. */
  readonly account: string | null;
  readonly channels: (account: string) => string | null;
  /** Where an account's stream begins; `null` is a snapshot. */
  readonly since?: (account: string) => string | null;
  readonly onFrame: (account: string, taken: TakenFrame) => void | Promise<void>;
  readonly onLost?: (account: string) => void;
}

/** Time between two checks for new accounts, in ms. */
const DISCOVER_EVERY = 2_000;

/** Runs until a stream is refused. A relay that restarts is waited for. */
export async function followAccounts(api: RelayApi, options: AccountsOptions): Promise<void> {
  const followed = new Set<string>();
  const refused: { reason: unknown } = { reason: null };
  const follow = (account: string, isNew: boolean): void => {
    followed.add(account);
    openStream({
      url: api.url,
      path: streamPath(account, options.channels(account)),
      token: () => api.token,
      since: options.since?.(account) ?? null,
      onFrame: (frame, text) => options.onFrame(account, { frame, isNew, text }),
      onLost: () => options.onLost?.(account),
    }).ended.catch((error: unknown) => {
      refused.reason = error;
    });
  };
  const discover = discoveryOf(api);
  if (options.account !== null) follow(options.account, false);
  for (let isFirst = true; ; isFirst = false) {
    if (refused.reason !== null) throw refused.reason;
    if (options.account === null) {
      // The first look tells whether the address and the token are right.
      const accounts = await discover().catch((error: unknown) => {
        if (isFirst || !(error instanceof Failure)) throw error;
        return [];
      });
      for (const account of accounts) if (!followed.has(account)) follow(account, !isFirst);
    }
    await pause(DISCOVER_EVERY);
  }
}

const streamPath = (account: string, channels: string | null): string =>
  `/v1/accounts/${encodeURIComponent(account)}/stream${channels === null ? "" : `?channels=${encodeURIComponent(channels)}`}`;

interface JobPage {
  readonly items: readonly { readonly account: string; readonly createdAt: string }[];
  readonly cursor: string | null;
}

/** Most pages of 100 jobs that one look reads. */
const MAX_PAGES = 50;

/** A job may be listed this much later than it was created, in ms: its object lists it. */
const LISTED_LATE = 60_000;

/**
 * Makes a function that looks for accounts: of the newest 5,000 jobs at first, and then of those
 * that were created since the last look.
 */
function discoveryOf(api: RelayApi): () => Promise<readonly string[]> {
  let known = "";
  return async () => {
    const accounts = new Set<string>();
    let cursor: string | null = "";
    let newest = known;
    for (let pages = 0; cursor !== null && pages < MAX_PAGES; pages += 1) {
      const page: JobPage = await api.get(
        `/v1/jobs?limit=100${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      for (const { account } of page.items) accounts.add(account);
      if (pages === 0) newest = earlier(page.items[0]?.createdAt) ?? known;
      const oldest = page.items.at(-1)?.createdAt;
      cursor = oldest !== undefined && oldest < known ? null : page.cursor;
    }
    if (cursor !== null && known === "")
      console.error(
        "This relay has many jobs: accounts without one of the newest 5,000 are not followed. Name one with --account.",
      );
    known = newest;
    return [...accounts];
  };
}

const earlier = (time: string | undefined): string | null =>
  time === undefined ? null : new Date(Date.parse(time) - LISTED_LATE).toISOString();
