/** @jsxImportSource preact */
// The screen of jobs: filters with counts, the table, and the sheet of one job.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Client, JobState, StreamState } from "../../client/index.ts";
import { hashOf, type Place } from "../browser/address.ts";
import { address } from "../browser/page.ts";
import { useNow } from "../browser/use-now.ts";
import { Choice, Search, Tabs } from "../parts/fields.tsx";
import { Empty, Problem, Skeleton } from "../parts/states.tsx";
import { SampleButton } from "../samples/button.tsx";
import { Screen } from "../shell/screen.tsx";
import { useJobLists, type JobLists } from "./job-lists.ts";
import { JobSheet } from "./job-sheet.tsx";
import {
  isSample,
  isWanted,
  joinJobs,
  keyOf,
  PHASE_WORDS,
  phaseOf,
  PHASES,
  sortJobs,
  type JobFilters,
  type Phase,
} from "./job-view.ts";
import { accountsOf, useClients, useLive } from "./live.ts";
import { JobsTable } from "./table.tsx";

const filtersOf = ({ source = "", account = "", q = "" }: Place["filters"]): JobFilters => ({
  source,
  account,
  q,
});

const phaseNamed = (name: string | undefined): Phase | "" =>
  PHASES.find((phase) => phase === name) ?? "";

/** Sources and accounts to choose from: those of the jobs, and the chosen one. */
const namesOf = (
  jobs: readonly JobState[],
  member: "source" | "account",
  chosen: string,
): readonly string[] =>
  [...new Set([...jobs.map((job) => job[member]), ...(chosen === "" ? [] : [chosen])])].toSorted();

interface FiltersProps {
  readonly all: readonly JobState[];
  readonly lists: JobLists;
  readonly filters: JobFilters;
  readonly phase: Phase | "";
  readonly onFilter: (filters: Place["filters"]) => void;
}

function Filters({ all, lists, filters, phase, onFilter }: FiltersProps): JSX.Element {
  const counted = (of: Phase | ""): string => {
    const known = of === "" ? all.length : all.filter((job) => phaseOf(job) === of).length;
    return `${known}${lists.hasMore(of) ? "+" : ""}`;
  };
  return (
    <div class="filters">
      <Tabs
        name="Status"
        value={phase}
        onChange={(status) => onFilter({ status })}
        tabs={[
          { value: "", text: "All", count: lists.jobs === null ? "" : counted("") },
          ...PHASES.map((one) => ({
            value: one,
            text: PHASE_WORDS[one].text,
            count: lists.jobs === null ? "" : counted(one),
          })),
        ]}
      />
      <div class="fields">
        <Search name="Search job ids" value={filters.q} onChange={(q) => onFilter({ q })} />
        <Choice
          name="Source"
          all="All sources"
          options={namesOf(all, "source", filters.source)}
          value={filters.source}
          onChange={(source) => onFilter({ source })}
        />
        <Choice
          name="Account"
          all="All accounts"
          options={namesOf(all, "account", filters.account)}
          value={filters.account}
          onChange={(account) => onFilter({ account })}
        />
      </div>
    </div>
  );
}

/** What stands in place of an empty table. */
const Nothing = ({ filtered }: { readonly filtered: boolean }): JSX.Element =>
  filtered ? (
    <Empty title="No job matches these filters.">
      <a href={hashOf("jobs")}>Show all jobs</a>
    </Empty>
  ) : (
    <Empty title="No job yet.">
      Play a sample export to see one move, or open <a href={hashOf("sources")}>Sources</a> and send
      your provider’s webhooks to one of the addresses there.
    </Empty>
  );

interface JobsProps {
  readonly place: Place;
  readonly onFilter: (filters: Place["filters"]) => void;
}

/** Everything that the screen shows, put together from lists and streams. */
function useJobs(
  filters: JobFilters,
  now: number,
): {
  readonly lists: JobLists;
  readonly all: readonly JobState[];
  readonly state: StreamState;
  readonly clientOf: (account: string) => Client;
  /** Takes a job out of the list: it was erased. */
  readonly drop: (key: string) => void;
} {
  const lists = useJobLists(filters);
  const clientOf = useClients();
  const live = useLive(accountsOf(lists.jobs ?? []), clientOf);
  const [dropped, setDropped] = useState<readonly string[]>([]);
  const wanted = live.jobs.filter((job) => isWanted(job, filters));
  const all = joinJobs(lists.jobs ?? [], wanted).filter((job) => !dropped.includes(keyOf(job)));
  const drop = (key: string): void => setDropped([...dropped, key]);
  return { lists, all: sortJobs(all, now), state: live.state, clientOf, drop };
}

interface ListProps {
  readonly lists: JobLists;
  readonly shown: readonly JobState[];
  readonly phase: Phase | "";
  readonly place: Place;
  readonly now: number;
}

/** The table, or what stands in its place, and the button for more. */
function List({ lists, shown, phase, place, now }: ListProps): JSX.Element {
  const [source, guid] = place.path;
  const selected = source === undefined || guid === undefined ? null : keyOf({ source, guid });
  return (
    <>
      {lists.jobs === null && lists.problem === null ? <Skeleton rows={10} /> : null}
      {lists.jobs !== null && shown.length === 0 ? (
        <Nothing filtered={Object.values(place.filters).some(Boolean)} />
      ) : null}
      {shown.length > 0 ? (
        <JobsTable jobs={shown} filters={place.filters} selected={selected} now={now} />
      ) : null}
      {lists.hasMore(phase) ? (
        <button
          type="button"
          class="more"
          disabled={lists.loading}
          onClick={() => lists.loadMore(phase)}
        >
          {lists.loading ? "Loading…" : "Load more"}
        </button>
      ) : null}
    </>
  );
}

export function JobsScreen({ place, onFilter }: JobsProps): JSX.Element {
  const filters = filtersOf(place.filters);
  const phase = phaseNamed(place.filters["status"]);
  const now = useNow();
  const { lists, all, state, clientOf, drop } = useJobs(filters, now);
  const [source, guid] = place.path;
  const close = (): void => address.go(hashOf("jobs", [], place.filters));
  const started = (job: { readonly source: string; readonly guid: string }): void => {
    lists.refresh();
    address.go(hashOf("jobs", [job.source, job.guid]));
  };
  // Once there are real jobs, the sample is no longer the next step.
  const quiet = all.some((job) => !isSample(job)) || Object.values(filters).some(Boolean);
  const shown = all.filter((job) => phase === "" || phaseOf(job) === phase);
  return (
    <Screen
      title="Jobs"
      live={state}
      action={lists.jobs === null ? null : <SampleButton quiet={quiet} onStarted={started} />}
    >
      <Problem text={lists.problem} retry={lists.refresh} />
      <Filters all={all} lists={lists} filters={filters} phase={phase} onFilter={onFilter} />
      <List lists={lists} shown={shown} phase={phase} place={place} now={now} />
      {source === undefined || guid === undefined ? null : (
        <JobSheet
          key={keyOf({ source, guid })}
          source={source}
          guid={guid}
          clientOf={clientOf}
          now={now}
          onClose={close}
          onErased={() => {
            drop(keyOf({ source, guid }));
            close();
          }}
        />
      )}
    </Screen>
  );
}
