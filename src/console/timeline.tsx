/** @jsxImportSource preact */
// One job in full: its state, and every event it has emitted.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Client, JobEnvelope, JobState } from "../client/index.ts";
import { onEscape } from "./dom.ts";
import { amountOf, clock, labelOf, moment, number, toneOf } from "./format.ts";
import { Bar } from "./jobs.tsx";

/** A cursor before a job's first event: a job's streams accept a `seq` as cursor. */
const FROM_THE_START = "0";

/** Collects a job's events from the first one on. */
function useEvents(client: Client, source: string, guid: string): readonly JobEnvelope[] {
  const [events, setEvents] = useState<readonly JobEnvelope[]>([]);
  useEffect(() => {
    setEvents([]);
    const stream = client.job(source, guid, { since: FROM_THE_START });
    return stream.on("*", (item) => {
      if ("id" in item && !("updatedAt" in item)) setEvents((before) => [...before, item]);
    });
  }, [client, source, guid]);
  return events;
}

function Event({ event }: { readonly event: JobEnvelope }): JSX.Element {
  const { details } = event;
  const error = typeof details["error"] === "string" ? details["error"] : null;
  const amount =
    event.current === undefined
      ? ""
      : `${number(event.current)}${event.total === undefined ? "" : ` of ${number(event.total)}`}`;
  return (
    <li>
      <span class="seq">{event.seq}</span>
      <span class="name">{event.event}</span>
      <time dateTime={event.time} title={moment(event.time)}>
        {clock(event.time)}
      </time>
      <span class="said">
        {[
          event.status,
          amount,
          event.absorbed === undefined ? "" : `${event.absorbed} absorbed`,
          error,
        ]
          .filter((part) => part)
          .join(" · ")}
      </span>
    </li>
  );
}

interface Scrollable {
  scrollIntoView(options: { readonly block: "nearest" }): void;
}

interface TimelineProps {
  readonly job: JobState;
  readonly client: Client;
  readonly onClose: () => void;
}

export function Timeline({ job, client, onClose }: TimelineProps): JSX.Element {
  const events = useEvents(client, job.source, job.guid);
  const card = useRef<Scrollable>(null);
  // On a narrow page the timeline is above the list and may be outside the visible part.
  useEffect(() => card.current?.scrollIntoView({ block: "nearest" }), []);
  useEffect(() => onEscape(onClose), [onClose]);
  return (
    <section class="card timeline" aria-labelledby="timeline-title" ref={card as never}>
      <header>
        <h2 id="timeline-title">Timeline</h2>
        <button type="button" class="quiet" onClick={onClose}>
          Close
        </button>
      </header>
      <p class="guid">{job.guid}</p>
      <Bar job={job} />
      <dl>
        <dt>Status</dt>
        <dd>{labelOf(toneOf(job))}</dd>
        <dt>Progress</dt>
        <dd>{amountOf(job) || "–"}</dd>
        <dt>Account</dt>
        <dd>{job.account}</dd>
        <dt>Source</dt>
        <dd>{job.source}</dd>
        <dt>Attempt</dt>
        <dd>{job.attempt}</dd>
        <dt>Created</dt>
        <dd>{moment(job.createdAt)}</dd>
        <dt>File</dt>
        <dd>
          {job.url !== null && /^https?:/.test(job.url) ? (
            <a href={job.url} rel="noreferrer noopener" target="_blank">
              Download
            </a>
          ) : (
            "–"
          )}
        </dd>
      </dl>
      <ol class="events" aria-live="polite" aria-label="Events">
        {events.map((event) => (
          <Event key={event.id} event={event} />
        ))}
      </ol>
    </section>
  );
}
