// The jobs on the page: listed by the API, kept up to date by the streams of their accounts.

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import {
  connect,
  type AccountStream,
  type Client,
  type JobState,
  type StreamState,
} from "../client/index.ts";
import { ApiError, listJobs } from "./api.ts";
import { origin } from "./dom.ts";
import { keyOf } from "./format.ts";

/** Time between two reads of the list, in ms: they find jobs of accounts not followed yet. */
const REFRESH = 5_000;

/** The most accounts followed at once: a browser limits its connections to one host. */
const MAX_ACCOUNTS = 12;

/** The most jobs shown. */
const MAX_JOBS = 100;

export interface Feed {
  readonly jobs: readonly JobState[];
  readonly state: StreamState;
  /** Why the list could not be read; `null` when it could. */
  readonly problem: string | null;
  readonly loaded: boolean;
  readonly clientOf: (account: string) => Client;
  readonly refresh: () => void;
}

/** Of two states of one job the later one. */
const later = (left: JobState | undefined, right: JobState): JobState =>
  left === undefined || right.seq >= left.seq ? right : left;

/** Joins lists of jobs, newest first. */
export function joinJobs(...lists: readonly (readonly JobState[])[]): readonly JobState[] {
  const byKey = new Map<string, JobState>();
  for (const job of lists.flat()) byKey.set(keyOf(job), later(byKey.get(keyOf(job)), job));
  return [...byKey.values()]
    .toSorted((left, right) =>
      left.createdAt < right.createdAt ? 1 : left.createdAt > right.createdAt ? -1 : 0,
    )
    .slice(0, MAX_JOBS);
}

const ORDER: readonly StreamState[] = ["failed", "paused", "waiting", "connecting", "live", "idle"];

/** The state that most needs to be seen. */
const worst = (states: readonly StreamState[]): StreamState =>
  ORDER.find((state) => states.includes(state)) ?? "idle";

/** Makes one client for each account, all with the admin token. */
function useClients(token: string): (account: string) => Client {
  const clients = useMemo(() => new Map<string, Client>(), [token]);
  useEffect(() => () => clients.forEach((client) => client.close()), [clients]);
  return (account) => {
    const client =
      clients.get(account) ?? connect({ url: origin(), account, getToken: () => token });
    clients.set(account, client);
    return client;
  };
}

/** Follows the accounts of the listed jobs. */
function useStreams(
  accounts: readonly string[],
  clientOf: (account: string) => Client,
): readonly AccountStream[] {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const key = accounts.join("\n");
  const streams = useMemo(
    () => accounts.map((account) => clientOf(account).account([`exports:${account}`])),
    [key, clientOf],
  );
  useEffect(() => {
    const offs = streams.flatMap((stream) => [
      stream.on("*", () => redraw(0)),
      stream.on("state", () => redraw(0)),
    ]);
    return () => offs.forEach((off) => off());
  }, [streams]);
  return streams;
}

/** Everything that the page shows about jobs. `signOut` is called when the token is refused. */
export function useFeed(token: string, signOut: (reason: string) => void): Feed {
  const [listed, setListed] = useState<readonly JobState[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [asked, refresh] = useReducer((count: number) => count + 1, 0);
  const makeClient = useClients(token);
  const clientOf = useMemo(() => makeClient, [token]);

  useEffect(() => {
    let over = false;
    const load = async (): Promise<void> => {
      try {
        const items = await listJobs(token);
        if (over) return;
        setListed(items);
        setProblem(null);
      } catch (error) {
        if (over) return;
        if (error instanceof ApiError && error.status === 401)
          signOut("This token is not accepted any more.");
        else setProblem(error instanceof Error ? error.message : "Something went wrong.");
      }
    };
    void load();
    const timer = setInterval(() => void load(), REFRESH);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [token, asked]);

  const accounts = [...new Set((listed ?? []).map((job) => job.account))].slice(0, MAX_ACCOUNTS);
  const streams = useStreams(accounts, clientOf);
  const jobs = joinJobs(listed ?? [], ...streams.map((stream) => stream.snapshot()?.jobs ?? []));
  return {
    jobs,
    state: worst(streams.map((stream) => stream.state())),
    problem,
    loaded: listed !== null,
    clientOf,
    refresh: () => refresh(0),
  };
}
