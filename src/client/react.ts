// React hooks over the client: components of one job share one stream, and a server opens none.

import { useMemo, useSyncExternalStore } from "react";
import type { AccountState, Client, JobState, StreamError, StreamState } from "./index.ts";

/**
 * `connecting` until the first answer, also on a server; `reconnecting` after one; `failed`: not
 * permitted, and not tried again; `ended`: the job has ended, unless it is requeued.
 */
export type HookStatus = "connecting" | "live" | "reconnecting" | "failed" | "ended";

/** What a hook tells beside its jobs. `error` says why a stream is not live. */
interface Followed {
  readonly status: HookStatus;
  readonly error: StreamError | undefined;
}

/** A job as it stands; `undefined` until it is known. */
export interface FollowedJob extends Followed {
  readonly job: JobState | undefined;
}

/** An account's jobs, newest first. */
export interface FollowedJobs extends Followed {
  readonly jobs: readonly JobState[];
}

/** Which jobs are shown: those whose members equal these, or one of a list. */
export type JobFilter = {
  readonly [Name in "source" | "status" | "event" | "guid"]?:
    | string
    | readonly string[]
    | undefined;
} & {
  /** The channels to watch; without them all jobs that the token opens. */
  readonly channels?: readonly string[] | undefined;
};

/** The parts of a subscription that a hook reads. */
interface Source {
  on(name: "*" | "state", listener: () => void): () => void;
  state(): StreamState;
  error(): StreamError | undefined;
  snapshot(): unknown;
  cursor(): string;
}

/** What a stream shows at one time: one value, so that no render mixes two times. */
interface Shown extends Followed {
  readonly state?: StreamState;
  readonly snapshot?: unknown;
}

const INITIAL: Shown = { status: "connecting", error: undefined };
const initial = (): Shown => INITIAL;

function statusOf(stream: Source, state: StreamState, snapshot: unknown): HookStatus {
  if ((snapshot as JobState | undefined)?.finishedAt) return "ended";
  if (state === "live" || state === "failed") return state;
  return stream.cursor() ? "reconnecting" : "connecting";
}

/** Makes what `useSyncExternalStore` takes. The value stays the same until the stream changes. */
function storeOf(
  stream: Source | undefined,
): readonly [subscribe: (changed: () => void) => () => void, get: () => Shown] {
  let shown = INITIAL;
  if (!stream) return [() => () => {}, initial];
  return [
    (changed) => {
      const offs = [stream.on("*", changed), stream.on("state", changed)];
      return () => offs.forEach((off) => off());
    },
    () => {
      const state = stream.state();
      const snapshot = stream.snapshot();
      if (state !== shown.state || snapshot !== shown.snapshot) {
        const status = statusOf(stream, state, snapshot);
        shown = { status, error: stream.error(), state, snapshot };
      }
      return shown;
    },
  ];
}

/** Reads a stream; a change of `key` makes a new one, of which nothing is known. */
function useStream(make: () => unknown, key: readonly unknown[]): Shown {
  const [subscribe, get] = useMemo(() => storeOf(make() as Source | undefined), key);
  return useSyncExternalStore(subscribe, get, initial);
}

/** Follows one job, which may not exist yet. Without a relay or a guid, it waits for them. */
export function useJob(
  relay: Client | null | undefined,
  source: string,
  guid: string | null | undefined,
): FollowedJob {
  const { status, error, snapshot } = useStream(
    () => (guid ? relay?.job(source, guid) : undefined),
    [relay, source, guid],
  );
  return { job: snapshot as JobState | undefined, status, error };
}

const NONE: readonly JobState[] = [];

/** Follows an account's newest jobs, or those that a filter names. Without a relay, it waits. */
export function useJobs(relay: Client | null | undefined, filter: JobFilter = {}): FollowedJobs {
  const { channels, ...wanted } = filter;
  const { status, error, snapshot } = useStream(
    () => relay?.account(channels),
    [relay, channels?.join("\n")],
  );
  const all = (snapshot as AccountState | undefined)?.jobs ?? NONE;
  const jobs = useMemo(
    () =>
      all.filter((job) =>
        Object.entries(wanted).every(
          ([name, value]) =>
            value === undefined || [value].flat().includes(job[name as "source" | "status"]),
        ),
      ),
    [all, JSON.stringify(wanted)],
  );
  return { jobs, status, error };
}
