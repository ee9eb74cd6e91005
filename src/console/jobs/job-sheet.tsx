/** @jsxImportSource preact */
// One job in full.

import type { JSX } from "preact";
import type { Client, JobState } from "../../client/index.ts";
import { hashOf } from "../browser/address.ts";
import { Bar } from "../parts/bar.tsx";
import { Chip, Fact, Id, Term, When } from "../parts/marks.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { Problem, Skeleton } from "../parts/states.tsx";
import { number } from "../words/numbers.ts";
import { moment } from "../words/times.ts";
import { deliveryWord } from "../words/vocabulary.ts";
import { JobActions } from "./actions.tsx";
import { useJobEvents, useReceived, useRecorded, useSnapshot, type Received } from "./job-data.ts";
import { amountOf, isSample, PHASE_WORDS, phaseOf, shareOf } from "./job-view.ts";
import { receiptsOf, timelineOf, totalsOf } from "./timeline.ts";
import { Timeline } from "./timeline.tsx";

const Facts = ({ job, now }: { readonly job: JobState; readonly now: number }): JSX.Element => (
  <dl class="facts">
    <Fact name="Progress">{amountOf(job) || "–"}</Fact>
    <Fact name="Source">{job.source}</Fact>
    <Fact name="Account">
      <bdi>{job.account}</bdi>
    </Fact>
    <Fact name="Attempt">{job.attempt}</Fact>
    <Fact name="Created">
      <time dateTime={job.createdAt}>{moment(job.createdAt)}</time>
    </Fact>
    <Fact name="Updated">
      <When at={job.updatedAt} now={now} />
    </Fact>
    <Fact name="Not sent on" wide>
      {number(job.absorbed ?? 0)} <Term term="absorbed">absorbed</Term>, {number(job.late ?? 0)}{" "}
      <Term term="late">late</Term>, {number(job.conflicts ?? 0)}{" "}
      <Term term="conflict">in conflict</Term>
    </Fact>
  </dl>
);

/** What each subscriber got of the job. */
function Subscribers({
  received,
  guid,
}: {
  readonly received: readonly Received[] | null;
  readonly guid: string;
}): JSX.Element {
  if (received === null) return <Skeleton rows={2} />;
  if (received.length === 0)
    return <p class="soft">No subscriber is configured, so nothing is sent on.</p>;
  return (
    <ul class="lines">
      {received.map(({ subscriber, deliveries }) => (
        <li key={subscriber}>
          <a href={hashOf("deliveries", [subscriber], { guid })}>{subscriber}</a>
          {deliveries.length === 0 ? (
            <span class="soft">nothing of this job</span>
          ) : (
            <span class="totals">
              {totalsOf(deliveries).map(({ state, count }) => {
                const word = deliveryWord(state);
                return (
                  <span key={state} class={`total ${word.tone}`} title={word.title}>
                    {count} {word.text.toLowerCase()}
                  </span>
                );
              })}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

const Title = ({ job }: { readonly job: JobState }): JSX.Element => (
  <p class="sheet-status">
    <Chip word={PHASE_WORDS[phaseOf(job)]} />
    {job.stalled ? (
      <Term term="silent">
        <span class="chip warning">Silent</span>
      </Term>
    ) : null}
    {isSample(job) ? <span class="tag">sample</span> : null}
  </p>
);

interface JobSheetProps {
  readonly source: string;
  readonly guid: string;
  readonly clientOf: (account: string) => Client;
  readonly now: number;
  readonly onClose: () => void;
  readonly onErased: () => void;
}

export function JobSheet(props: JobSheetProps): JSX.Element {
  const { source, guid, clientOf, now, onClose, onErased } = props;
  const snapshot = useSnapshot(source, guid);
  const followed = useJobEvents(clientOf, snapshot.data?.account ?? null, { source, guid });
  // The stream knows the newest event, the snapshot the counts.
  const job: JobState | null =
    snapshot.data === null || followed.job === undefined
      ? snapshot.data
      : { ...snapshot.data, ...followed.job };
  const received = useReceived(source, guid, job !== null && job.finishedAt !== null);
  const version = `${followed.events.length} ${snapshot.data?.updatedAt} ${snapshot.data?.absorbed}`;
  const recorded = useRecorded(source, guid, version);
  const steps = timelineOf(followed.events, recorded);
  const receipts = receiptsOf((received.data ?? []).flatMap(({ deliveries }) => deliveries));
  return (
    <Sheet title={<Id>{guid}</Id>} name={`Job ${guid}`} onClose={onClose}>
      <Problem text={snapshot.problem} retry={snapshot.refresh} />
      {job === null ? (
        snapshot.problem === null ? (
          <Skeleton />
        ) : null
      ) : (
        <>
          <Title job={job} />
          {phaseOf(job) === "running" ? (
            <Bar name={`Progress of job ${guid}`} share={shareOf(job)} />
          ) : null}
          {job.error === null ? null : (
            <p class="problem" dir="auto">
              {job.error}
            </p>
          )}
          <JobActions
            job={job}
            subscribers={(received.data ?? []).map(({ subscriber }) => subscriber)}
            onErased={onErased}
            onReplayed={received.refresh}
          />
          <Facts job={job} now={now} />
          <h3>What subscribers got</h3>
          <Problem text={received.problem} retry={received.refresh} />
          <Subscribers received={received.data} guid={guid} />
          <h3>Timeline</h3>
          {steps.length === 0 ? (
            <Skeleton rows={3} />
          ) : (
            <Timeline steps={steps} receipts={receipts} />
          )}
        </>
      )}
    </Sheet>
  );
}
