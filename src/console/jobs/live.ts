// Live states of jobs: the streams of the accounts that matter most.

import { useEffect, useMemo, useReducer } from "preact/hooks";
import {
  connect,
  type AccountStream,
  type Client,
  type JobState,
  type StreamState,
} from "../../client/index.ts";
import type { Api } from "../api/request.ts";
import { origin } from "../browser/page.ts";
import { useSession } from "../shell/session.ts";
import { phaseOf } from "./job-view.ts";

/** The most accounts followed at once: a browser limits its connections to one host. */
export const MAX_ACCOUNTS = 6;

/** How long a minted token lives, in seconds. */
const TOKEN_LIFE = 3_600;

/** A stream token: the admin token, or a minted one where the operator signed in without it. */
const tokenOf = async (api: Api, account: string): Promise<string> =>
  api.token !== ""
    ? api.token
    : (await api.post<{ readonly token: string }>("/v1/tokens", { account, expiresIn: TOKEN_LIFE }))
        .token;

/** Makes one client for each account, and closes them all when the session ends. */
export function useClients(): (account: string) => Client {
  const { api } = useSession();
  const clients = useMemo(() => new Map<string, Client>(), [api]);
  useEffect(() => () => clients.forEach((client) => client.close()), [clients]);
  return useMemo(
    () => (account: string) => {
      const client =
        clients.get(account) ??
        connect({ url: origin(), account, getToken: () => tokenOf(api, account) });
      clients.set(account, client);
      return client;
    },
    [clients],
  );
}

/** Accounts to follow: those with unfinished jobs first, then those of the newest jobs. */
export function accountsOf(jobs: readonly JobState[]): readonly string[] {
  const open = jobs.filter((job) => ["running", "queued"].includes(phaseOf(job)));
  return [...new Set([...open, ...jobs].map(({ account }) => account))].slice(0, MAX_ACCOUNTS);
}

const ORDER: readonly StreamState[] = ["failed", "paused", "waiting", "connecting", "live", "idle"];

/** The state that most needs to be seen. */
export const worstOf = (states: readonly StreamState[]): StreamState =>
  ORDER.find((state) => states.includes(state)) ?? "idle";

export interface Live {
  readonly jobs: readonly JobState[];
  readonly state: StreamState;
}

/** Follows accounts; the page is drawn again after every event. */
export function useLive(accounts: readonly string[], clientOf: (account: string) => Client): Live {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const key = accounts.toSorted().join("\n");
  const streams = useMemo(
    (): readonly AccountStream[] =>
      key === ""
        ? []
        : key.split("\n").map((account) => clientOf(account).account([`exports:${account}`])),
    [key, clientOf],
  );
  useEffect(() => {
    const offs = streams.flatMap((stream) => [
      stream.on("*", () => redraw(0)),
      stream.on("state", () => redraw(0)),
    ]);
    return () => offs.forEach((off) => off());
  }, [streams]);
  return {
    jobs: streams.flatMap((stream) => stream.snapshot()?.jobs ?? []),
    state: worstOf(streams.map((stream) => stream.state())),
  };
}
