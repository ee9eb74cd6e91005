/** @jsxImportSource preact */
// What an operator can do with a job: copy it as curl, replay it, erase it.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { JobState } from "../../client/index.ts";
import { pathOf } from "../api/request.ts";
import { origin } from "../browser/page.ts";
import { Copy } from "../parts/buttons.tsx";
import { Question } from "../parts/dialog.tsx";
import { Checks } from "../parts/fields.tsx";
import { Id } from "../parts/marks.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { readCommand } from "../words/curl.ts";
import { count } from "../words/numbers.ts";

interface ReplayProps {
  readonly job: JobState;
  readonly subscribers: readonly string[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Replay({ job, subscribers, onClose, onDone }: ReplayProps): JSX.Element {
  const { api } = useSession();
  const act = useAct();
  const [chosen, setChosen] = useState<readonly string[]>(subscribers);
  const replay = (): void =>
    act(async () => {
      const path = pathOf(["jobs", job.source, job.guid, "replay"]);
      const { deliveries } = await api.post<{ readonly deliveries: number }>(path, {
        subscribers: chosen,
      });
      onDone();
      return `${count(deliveries, "delivery", "deliveries")} on the way.`;
    });
  return (
    <Question
      title="Replay this job"
      action="Replay"
      disabled={chosen.length === 0}
      onAct={replay}
      onClose={onClose}
    >
      <p>
        Every event of <Id>{job.guid}</Id> is sent again, in order and with the same event ids, to
        those of these subscribers that its rules name:
      </p>
      <Checks options={subscribers.map((id) => ({ id }))} chosen={chosen} onChange={setChosen} />
    </Question>
  );
}

interface EraseProps {
  readonly job: JobState;
  readonly onClose: () => void;
  readonly onErased: () => void;
}

function Erase({ job, onClose, onErased }: EraseProps): JSX.Element {
  const { api } = useSession();
  const act = useAct();
  const erase = (): void =>
    act(async () => {
      await api.remove(pathOf(["jobs", job.source, job.guid]));
      onErased();
      return "Erased.";
    });
  return (
    <Question title="Erase this job?" action="Erase" danger onAct={erase} onClose={onClose}>
      <p>
        <Id>{job.guid}</Id> and everything kept of it are removed everywhere: events, payloads and
        deliveries that still wait. What subscribers have got stays with them. This cannot be
        undone.
      </p>
    </Question>
  );
}

interface JobActionsProps {
  readonly job: JobState;
  readonly subscribers: readonly string[];
  readonly onErased: () => void;
  readonly onReplayed: () => void;
}

export function JobActions({
  job,
  subscribers,
  onErased,
  onReplayed,
}: JobActionsProps): JSX.Element {
  const [asking, ask] = useState<"replay" | "erase" | null>(null);
  const close = (): void => ask(null);
  const path = pathOf(["jobs", job.source, job.guid]);
  return (
    <div class="actions">
      {job.url !== null && /^https?:/.test(job.url) ? (
        <a class="button primary" href={job.url} rel="noreferrer noopener" target="_blank">
          Download
        </a>
      ) : null}
      <button
        type="button"
        disabled={subscribers.length === 0}
        title={subscribers.length === 0 ? "No subscriber is configured." : ""}
        onClick={() => ask("replay")}
      >
        Replay…
      </button>
      <Copy text={readCommand(origin(), path)}>Copy as curl</Copy>
      <button type="button" class="danger-text" onClick={() => ask("erase")}>
        Erase…
      </button>
      {asking === "replay" ? (
        <Replay job={job} subscribers={subscribers} onClose={close} onDone={onReplayed} />
      ) : null}
      {asking === "erase" ? <Erase job={job} onClose={close} onErased={onErased} /> : null}
    </div>
  );
}
