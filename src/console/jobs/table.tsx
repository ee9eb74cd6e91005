/** @jsxImportSource preact */
// The table of jobs, one dense row each.

import type { JSX } from "preact";
import type { JobState } from "../../client/index.ts";
import { hashOf, type Place } from "../browser/address.ts";
import { Bar } from "../parts/bar.tsx";
import { Chip, Id, Term, When } from "../parts/marks.tsx";
import { amountOf, isSample, keyOf, PHASE_WORDS, phaseOf, shareOf } from "./job-view.ts";

/** What a job has done: a bar while it moves, else its numbers or its error. */
function Progress({ job }: { readonly job: JobState }): JSX.Element {
  const phase = phaseOf(job);
  if (phase === "failed" && job.error !== null)
    return (
      <span class="failure" title={job.error} dir="auto">
        {job.error}
      </span>
    );
  const amount = amountOf(job);
  if (phase !== "running") return <span class="soft amount">{amount === "" ? "–" : amount}</span>;
  return (
    <span class="progress">
      <Bar name={`Progress of ${job.guid}`} share={shareOf(job)} />
      <span class="amount">{amount}</span>
    </span>
  );
}

interface RowProps {
  readonly job: JobState;
  readonly filters: Place["filters"];
  readonly selected: boolean;
  readonly now: number;
}

function Row({ job, filters, selected, now }: RowProps): JSX.Element {
  return (
    <tr class={selected ? "row selected" : "row"}>
      <td class="c-status">
        <Chip word={PHASE_WORDS[phaseOf(job)]} />
        {job.stalled ? (
          <Term term="silent">
            <span class="chip warning">Silent</span>
          </Term>
        ) : null}
      </td>
      <td class="c-job">
        <a
          class="row-link"
          href={hashOf("jobs", [job.source, job.guid], filters)}
          aria-current={selected ? "true" : undefined}
        >
          <Id>{job.guid}</Id>
        </a>
        {isSample(job) ? <span class="tag">sample</span> : null}
        {job.attempt > 1 ? <span class="tag">attempt {job.attempt}</span> : null}
      </td>
      <td class="c-source">{job.source}</td>
      <td class="c-account">
        <bdi title={job.account}>{job.account}</bdi>
      </td>
      <td class="c-progress">
        <Progress job={job} />
      </td>
      <td class="c-when">
        <When at={job.updatedAt} now={now} />
      </td>
    </tr>
  );
}

interface TableProps {
  readonly jobs: readonly JobState[];
  readonly filters: Place["filters"];
  readonly selected: string | null;
  readonly now: number;
}

export const JobsTable = ({ jobs, filters, selected, now }: TableProps): JSX.Element => (
  <table class="table jobs">
    <caption class="hidden">Jobs</caption>
    <thead>
      <tr>
        <th scope="col">Status</th>
        <th scope="col">Job</th>
        <th scope="col">Source</th>
        <th scope="col">Account</th>
        <th scope="col">Progress</th>
        <th scope="col" class="c-when">
          Updated
        </th>
      </tr>
    </thead>
    <tbody>
      {jobs.map((job) => (
        <Row
          key={keyOf(job)}
          job={job}
          filters={filters}
          selected={keyOf(job) === selected}
          now={now}
        />
      ))}
    </tbody>
  </table>
);
