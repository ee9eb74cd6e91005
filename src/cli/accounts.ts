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
      try {
        for await (const account of discover())
          if (!followed.has(account)) follow(account, !isFirst);
      } catch (error) {
        // The first look tells whether the address and the token are right.
        if ((isFirst && followed.size === 0) || !(error instanceof Failure)) throw error;
      }
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

/** Most pages of 100 jobs of the first look and of a later one. */
const MAX_PAGES = { first: 20, later: 5 } as const;

/** A job may be listed this much later than it was created, in ms: its object lists it. */
const LISTED_LATE = 5_000;

/**
 * Makes a function that looks for accounts, page by page: those of the newest 2,000 jobs at first,
 * and then of those that were created since the last look.
 */
function discoveryOf(api: RelayApi): () => AsyncGenerator<string> {
  let known = "";
  return async function* look() {
    const most = known === "" ? MAX_PAGES.first : MAX_PAGES.later;
    let newest = known;
    let cursor: string | null = "";
    for (let pages = 0; cursor !== null && pages < most; pages += 1) {
      const page: JobPage = await api.get(
        `/v1/jobs?limit=100${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      if (pages === 0) newest = earlier(page.items[0]?.createdAt) ?? known;
      for (const { account } of page.items) yield account;
      const oldest = page.items.at(-1)?.createdAt;
      cursor = oldest !== undefined && oldest < known ? null : page.cursor;
    }
    if (cursor !== null && known === "")
      console.error(
        "This relay has many jobs: an account without one of the newest 2,000 is not followed; name it with --account.",
      );
    known = newest;
  };
}

const earlier = (time: string | undefined): string | null =>
  time === undefined ? null : new Date(Date.parse(time) - LISTED_LATE).toISOString();
