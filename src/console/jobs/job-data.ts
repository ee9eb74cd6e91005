// Everything that is known of one job: its state, its events live, what was recorded beside them,
// and what its subscribers got.

import { useEffect, useState } from "preact/hooks";
import type { Client, JobEnvelope, JobState } from "../../client/index.ts";
import { pathOf, type Api } from "../api/request.ts";
import type { Delivery, EventsPage, ListOf, RecordedUpdate, Subscriber } from "../api/wire.ts";
import { usePoll, type Polled } from "../browser/use-poll.ts";
import { useSession } from "../shell/session.ts";

/** A cursor before a job's first event: a job's streams accept a `seq` as cursor. */
const FROM_THE_START = "0";

/** Recorded updates of one request, and requests at one look. */
const RECORDED_PAGE = 200;
const RECORDED_PAGES = 5;

/** The snapshot is read again in this time, in ms; the stream is quicker. */
const SNAPSHOT_EVERY = 30_000;

/** What subscribers got is read again in this time, in ms: under way, and when all is settled. */
const DELIVERIES_EVERY = 5_000;
const SETTLED_EVERY = 30_000;

/** Subscribers that are asked for the deliveries of a job, and deliveries of each. */
const MAX_SUBSCRIBERS = 20;
const MAX_DELIVERIES = 100;

/** The job as the API shows it, with counts that its events do not tell. */
export function useSnapshot(source: string, guid: string): Polled<JobState> {
  const { api } = useSession();
  return usePoll(
    JSON.stringify([source, guid]),
    () => api.get<JobState>(pathOf(["jobs", source, guid])),
    SNAPSHOT_EVERY,
  );
}

interface Followed {
  readonly events: readonly JobEnvelope[];
  /** The job after the last event; `undefined` before the first. */
  readonly job: JobState | undefined;
}

/** Collects a job's events from the first one on; `account` is `null` until it is known. */
export function useJobEvents(
  clientOf: (account: string) => Client,
  account: string | null,
  { source, guid }: { readonly source: string; readonly guid: string },
): Followed {
  const [followed, setFollowed] = useState<Followed>({ events: [], job: undefined });
  useEffect(() => {
    if (account === null) return undefined;
    setFollowed({ events: [], job: undefined });
    const stream = clientOf(account).job(source, guid, { since: FROM_THE_START });
    return stream.on("*", (item) =>
      setFollowed(({ events }) => ({
        events: "id" in item && !("updatedAt" in item) ? [...events, item] : events,
        job: stream.snapshot(),
      })),
    );
  }, [clientOf, account, source, guid]);
  return followed;
}

/** Reads the recorded updates after a cursor. */
async function readRecorded(
  api: Api,
  [source, guid]: readonly [string, string],
  from: string,
): Promise<{ readonly recorded: readonly RecordedUpdate[]; readonly cursor: string }> {
  const recorded: RecordedUpdate[] = [];
  let cursor = from;
  for (let page = 1; page <= RECORDED_PAGES; page += 1) {
    const query = { include: "recorded", recordedSince: cursor, limit: RECORDED_PAGE };
    const answer = await api.get<EventsPage>(pathOf(["jobs", source, guid, "events"], query));
    recorded.push(...(answer.recorded ?? []));
    cursor = answer.recordedCursor ?? cursor;
    if ((answer.recorded ?? []).length < RECORDED_PAGE) break;
  }
  return { recorded, cursor };
}

/** What was recorded, read again whenever `version` changes. */
export function useRecorded(
  source: string,
  guid: string,
  version: string,
): readonly RecordedUpdate[] {
  const { api } = useSession();
  const [state, setState] = useState<{
    readonly recorded: readonly RecordedUpdate[];
    readonly cursor: string;
  }>({
    recorded: [],
    cursor: "0",
  });
  useEffect(() => {
    let over = false;
    const read = async (): Promise<void> => {
      const page = await readRecorded(api, [source, guid], state.cursor);
      if (!over) setState({ recorded: [...state.recorded, ...page.recorded], cursor: page.cursor });
    };
    // The snapshot's own reading says what is wrong.
    read().catch(() => undefined);
    return () => {
      over = true;
    };
  }, [version]);
  return state.recorded;
}

/** What one subscriber got of a job. */
export interface Received {
  readonly subscriber: string;
  readonly deliveries: readonly Delivery[];
}

/** True when no delivery waits. */
const isSettled = (received: readonly Received[] | null): boolean =>
  received !== null &&
  received.every(({ deliveries }) => deliveries.every(({ state }) => state !== "pending"));

/** The deliveries of a job by subscriber, those without any included; `ended`: the job has. */
export function useReceived(
  source: string,
  guid: string,
  ended: boolean,
): Polled<readonly Received[]> {
  const { api } = useSession();
  const load = async (): Promise<readonly Received[]> => {
    const { items } = await api.get<ListOf<Subscriber>>("/v1/subscribers");
    return Promise.all(
      items.slice(0, MAX_SUBSCRIBERS).map(async ({ id }) => {
        const query = { guid, limit: MAX_DELIVERIES };
        const page = await api.get<ListOf<Delivery>>(
          pathOf(["subscribers", id, "deliveries"], query),
        );
        return {
          subscriber: id,
          deliveries: page.items.filter(({ event }) => event.source === source),
        };
      }),
    );
  };
  const [settled, settle] = useState(false);
  const every = ended && settled ? SETTLED_EVERY : DELIVERIES_EVERY;
  const received = usePoll(JSON.stringify(["received", source, guid]), load, every);
  useEffect(() => settle(isSettled(received.data)), [received.data]);
  return received;
}
