// The jobs that the relay lists: the newest, those of each state, and further pages on demand.

import { useRef, useState } from "preact/hooks";
import type { JobState } from "../../client/index.ts";
import { pathOf, type Api } from "../api/request.ts";
import type { ListOf } from "../api/wire.ts";
import { usePoll } from "../browser/use-poll.ts";
import { useSession } from "../shell/session.ts";
import { isWanted, joinJobs, keyOf, type JobFilters, type Phase } from "./job-view.ts";

/** The API's statuses of each state. */
const STATUSES: Readonly<Record<Phase, readonly string[]>> = {
  running: ["progress"],
  queued: ["queueing"],
  failed: ["error"],
  done: ["done", "ready"],
};

/** Jobs on a page, and of each state. */
const PAGE = 50;

/** New jobs of accounts that are not followed yet are found in this time, in ms. */
const NEWEST_EVERY = 10_000;

/** Lists by state are read again in this time, in ms: streams tell changes before. */
const LISTS_EVERY = 60_000;

/** Pages that one press of the button reads at most, since a page may be empty and go on. */
const MAX_PAGES = 5;

/** The list without a state. */
const ANY = "";

type Cursors = Readonly<Record<string, string | null>>;

interface Listed {
  readonly jobs: readonly JobState[];
  /** By status: where its list goes on, `null` at its end. */
  readonly cursors: Cursors;
}

const NOTHING: Listed = { jobs: [], cursors: {} };

/** Reads a list until it has jobs or ends. */
async function listJobs(
  api: Api,
  filters: JobFilters,
  status: string,
  from: string | null = null,
): Promise<ListOf<JobState>> {
  let cursor = from;
  for (let page = 1; ; page += 1) {
    const query = { ...filters, status, cursor, limit: PAGE };
    const answer = await api.get<ListOf<JobState>>(pathOf(["jobs"], query));
    const items = answer.items.filter((job) => isWanted(job, filters));
    if (items.length > 0 || answer.cursor === null || page === MAX_PAGES)
      return { items, cursor: answer.cursor };
    ({ cursor } = answer);
  }
}

/** Reads the lists of several statuses. */
async function readLists(
  api: Api,
  filters: JobFilters,
  wanted: readonly (readonly [status: string, cursor: string | null])[],
): Promise<Listed> {
  const pages = await Promise.all(
    wanted.map(([status, cursor]) => listJobs(api, filters, status, cursor)),
  );
  return {
    jobs: pages.flatMap(({ items }) => items),
    cursors: Object.fromEntries(
      wanted.map(([status], index) => [status, pages[index]?.cursor ?? null]),
    ),
  };
}

const OF_STATES = Object.values(STATUSES)
  .flat()
  .filter((status) => status !== "done");

/** Jobs and what the list needs to know about them. */
export interface JobLists {
  /** `null` before the first answer. */
  readonly jobs: readonly JobState[] | null;
  readonly problem: string | null;
  readonly refresh: () => void;
  /** True when the relay may have more jobs of a state, or of any. */
  readonly hasMore: (phase: Phase | "") => boolean;
  readonly loadMore: (phase: Phase | "") => void;
  readonly loading: boolean;
}

/** The statuses whose lists make up what is shown. */
const statusesOf = (phase: Phase | ""): readonly string[] =>
  phase === "" ? [ANY] : STATUSES[phase];

/** The newest jobs of all pages that were read, so that none leaves the list when others come. */
function useSeen(
  key: string,
  newest: Listed | null,
): { readonly jobs: readonly JobState[]; readonly gap: number } {
  const seen = useRef({ key, jobs: [] as readonly JobState[], gap: 0, of: newest });
  if (seen.current.key !== key) seen.current = { key, jobs: [], gap: 0, of: null };
  if (newest !== null && newest !== seen.current.of) {
    const known = new Set(seen.current.jobs.map(keyOf));
    // More came at once than a page holds: what is between is read by the button again.
    const gap = known.size > 0 && !newest.jobs.some((job) => known.has(keyOf(job)));
    seen.current = {
      key,
      jobs: joinJobs(seen.current.jobs, newest.jobs),
      gap: seen.current.gap + Number(gap),
      of: newest,
    };
  }
  return seen.current;
}

export function useJobLists(filters: JobFilters): JobLists {
  const { api, say } = useSession();
  const key = JSON.stringify(filters);
  const newest = usePoll(
    `newest ${key}`,
    () => readLists(api, filters, [[ANY, null]]),
    NEWEST_EVERY,
  );
  const states = usePoll(
    `states ${key}`,
    () =>
      readLists(
        api,
        filters,
        OF_STATES.map((status) => [status, null] as const),
      ),
    LISTS_EVERY,
  );
  const seen = useSeen(key, newest.data);
  const pages = `${key} ${seen.gap}`;
  const [more, setMore] = useState({ key: pages, ...NOTHING });
  const [loading, setLoading] = useState(false);
  const further = more.key === pages ? more : { key: pages, ...NOTHING };
  // The list of what is done is read on demand; until then it may have jobs that the newest lack.
  const first: Cursors = {
    done: newest.data?.cursors[ANY] === null ? null : "",
    ...newest.data?.cursors,
    ...states.data?.cursors,
  };
  const cursors: Cursors = { ...first, ...further.cursors };
  const open = (phase: Phase | ""): readonly (readonly [string, string | null])[] =>
    statusesOf(phase).flatMap((status) => {
      const cursor = cursors[status] ?? null;
      return cursor === null ? [] : [[status, cursor === "" ? null : cursor] as const];
    });
  const loadMore = (phase: Phase | ""): void => {
    setLoading(true);
    readLists(api, filters, open(phase))
      .then((page) =>
        setMore({
          key: pages,
          jobs: [...further.jobs, ...page.jobs],
          cursors: { ...further.cursors, ...page.cursors },
        }),
      )
      .catch((error: unknown) => say(error instanceof Error ? error.message : String(error), true))
      .finally(() => setLoading(false));
  };
  return {
    jobs: newest.data === null ? null : joinJobs(seen.jobs, states.data?.jobs ?? [], further.jobs),
    problem: newest.problem ?? states.problem,
    refresh: () => {
      newest.refresh();
      states.refresh();
    },
    hasMore: (phase) => open(phase).length > 0,
    loadMore,
    loading,
  };
}
