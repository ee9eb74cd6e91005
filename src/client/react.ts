// React hooks over the client: components share one stream, and a server opens none.

import { useMemo, useSyncExternalStore } from "react";
import type { AccountState, Client, JobState, StreamState, Subscription } from "./index.ts";

type Store = Pick<
  Subscription<{ readonly snapshot: unknown; readonly state: unknown; readonly "*": unknown }>,
  "on" | "state" | "snapshot"
>;

const nothing = (): undefined => undefined;
const idle = (): StreamState => "idle";

/** Reads a stream's state; a change of `key` makes a new stream. */
function useStream(make: () => Store, key: readonly unknown[]): readonly [unknown, StreamState] {
  const { subscribe, stream } = useMemo(() => {
    const made = make();
    return {
      stream: made,
      subscribe: (changed: () => void) => {
        const offs = [made.on("*", changed), made.on("state", changed)];
        return () => offs.forEach((off) => off());
      },
    };
  }, key);
  return [
    useSyncExternalStore(subscribe, stream.snapshot, nothing),
    useSyncExternalStore(subscribe, stream.state, idle),
  ];
}

/** Follows one job: `job` is its state, `undefined` until it is known. */
export function useJob(
  client: Client,
  source: string,
  guid: string,
): { readonly job: JobState | undefined; readonly state: StreamState } {
  const [job, state] = useStream(() => client.job(source, guid), [client, source, guid]);
  return { job: job as JobState | undefined, state };
}

const NONE: readonly JobState[] = [];

/** Follows an account's jobs, newest first; without channels all of them. */
export function useJobs(
  client: Client,
  channels?: readonly string[],
): { readonly jobs: readonly JobState[]; readonly state: StreamState } {
  const [account, state] = useStream(
    () => client.account(channels),
    [client, channels?.join("\n")],
  );
  return { jobs: (account as AccountState | undefined)?.jobs ?? NONE, state };
}
