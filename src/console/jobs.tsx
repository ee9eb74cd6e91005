/** @jsxImportSource preact */
// The list of jobs, each with a bar that moves.

import type { JSX } from "preact";
import type { JobState } from "../client/index.ts";
import { amountOf, clock, keyOf, labelOf, moment, shareOf, toneOf } from "./format.ts";

/** A progress bar, for screen readers too. Without a known share it is indeterminate. */
export function Bar({ job }: { readonly job: JobState }): JSX.Element {
  const share = shareOf(job);
  const tone = toneOf(job);
  const percent = share === null ? null : Math.round(share * 100);
  const known =
    percent === null ? {} : { "aria-valuenow": percent, "aria-valuemin": 0, "aria-valuemax": 100 };
  return (
    <div
      class={`bar ${tone} ${percent === null && tone === "running" ? "unknown" : ""}`}
      role="progressbar"
      aria-label={`Progress of ${job.guid}`}
      aria-valuetext={percent === null ? labelOf(tone) : `${percent} %, ${labelOf(tone)}`}
      {...known}
    >
      <div class="fill" style={{ transform: `scaleX(${share ?? 1})` }} />
    </div>
  );
}

interface RowProps {
  readonly job: JobState;
  readonly selected: boolean;
  readonly onSelect: (key: string) => void;
}

function Row({ job, selected, onSelect }: RowProps): JSX.Element {
  const tone = toneOf(job);
  return (
    <li>
      <button
        class="row"
        type="button"
        aria-pressed={selected}
        onClick={() => onSelect(keyOf(job))}
      >
        <span class={`chip ${tone}`}>{labelOf(tone)}</span>
        <span class="guid" title={job.guid}>
          {job.guid}
        </span>
        <span class="time" title={moment(job.updatedAt)}>
          {clock(job.updatedAt)}
        </span>
        <Bar job={job} />
        <span class="where">
          {job.source} · {job.account}
          {job.attempt > 1 ? ` · attempt ${job.attempt}` : ""}
        </span>
        <span class="amount">{job.error ?? amountOf(job)}</span>
      </button>
    </li>
  );
}

interface JobsProps {
  readonly jobs: readonly JobState[];
  readonly loaded: boolean;
  readonly selected: string | null;
  readonly onSelect: (key: string) => void;
}

export function Jobs({ jobs, loaded, selected, onSelect }: JobsProps): JSX.Element {
  return (
    <section class="card jobs" aria-labelledby="jobs-title">
      <h2 id="jobs-title">Jobs</h2>
      {loaded && jobs.length === 0 ? (
        <p class="empty">
          No job yet. Play a sample export, or send a webhook to /hooks/&lt;source&gt;.
        </p>
      ) : null}
      <ul>
        {jobs.map((job) => (
          <Row key={keyOf(job)} job={job} selected={keyOf(job) === selected} onSelect={onSelect} />
        ))}
      </ul>
    </section>
  );
}
