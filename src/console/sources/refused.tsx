/** @jsxImportSource preact */
// The refused webhooks of a source: why, what to do, and another try for those that are kept.

import type { JSX } from "preact";
import { pathOf, type Api } from "../api/request.ts";
import type { ListOf, Refused } from "../api/wire.ts";
import { usePoll } from "../browser/use-poll.ts";
import { When } from "../parts/marks.tsx";
import { Payload } from "../parts/payload.tsx";
import { Sentence } from "../parts/sentence.tsx";
import { Problem, Skeleton } from "../parts/states.tsx";
import { useAct, useSession } from "../shell/session.ts";
import { count } from "../words/numbers.ts";
import { readable } from "../words/payloads.ts";

/** Time between two readings, in ms. */
const EVERY = 10_000;

/** The request as it is shown: its headers, then its body. */
const requestText = ({ method, headers, body }: Refused): string =>
  [
    method,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    body === null ? "(the body is not kept)" : readable(body),
  ].join("\n");

/** Ingests a kept request again; answers what became of it. */
async function takeAgain(api: Api, source: string, { n }: Refused): Promise<string> {
  const path = pathOf(["sources", source, "rejected", String(n), "retry"]);
  return (await api.post<{ readonly result: string }>(path)).result;
}

interface TakeAllProps {
  readonly source: string;
  readonly refused: readonly Refused[];
  readonly onTaken: () => void;
}

/** Takes all kept requests again, the oldest first, as they came; the first refusal ends it. */
function TakeAll({ source, refused, onTaken }: TakeAllProps): JSX.Element | null {
  const { api } = useSession();
  const act = useAct();
  const kept = refused.filter((one) => one.kept && one.n !== null).toReversed();
  if (kept.length < 2) return null;
  const take = (): void =>
    act(async () => {
      try {
        for (const one of kept) await takeAgain(api, source, one);
      } finally {
        onTaken();
      }
      return `${count(kept.length, "request")} taken.`;
    });
  return (
    <p class="actions">
      <button type="button" onClick={take}>
        Take all {kept.length} kept again
      </button>
    </p>
  );
}

interface ItemProps {
  readonly source: string;
  readonly refused: Refused;
  readonly now: number;
  readonly onRetried: () => void;
}

function Item({ source, refused, now, onRetried }: ItemProps): JSX.Element {
  const { api } = useSession();
  const act = useAct();
  const retry = (): void =>
    act(async () => {
      const result = await takeAgain(api, source, refused);
      onRetried();
      return `The request was taken: ${result}.`;
    });
  return (
    <li>
      <p class="event-line">
        <strong dir="auto">{refused.explanation}</strong>
        <When at={refused.time} now={now} />
      </p>
      <p class="soft">
        <Sentence text={refused.advice} />
      </p>
      <p class="event-more">
        <code>{refused.reason}</code>
        <span class="soft">answered {refused.status}</span>
        {refused.kept && refused.n !== null ? (
          <button type="button" class="small" onClick={retry}>
            Take it again
          </button>
        ) : null}
      </p>
      <Payload name="Request" text={requestText(refused)} />
    </li>
  );
}

export function RefusedList({
  source,
  now,
}: {
  readonly source: string;
  readonly now: number;
}): JSX.Element {
  const { api } = useSession();
  const path = pathOf(["sources", source, "rejected"]);
  const { data, problem, refresh } = usePoll(path, () => api.get<ListOf<Refused>>(path), EVERY);
  if (data === null)
    return problem === null ? <Skeleton rows={3} /> : <Problem text={problem} retry={refresh} />;
  if (data.items.length === 0) return <p class="soft">No request was refused.</p>;
  return (
    <>
      <TakeAll source={source} refused={data.items} onTaken={refresh} />
      <ol class="refused" aria-label="Refused requests">
        {data.items.map((refused, index) => (
          <Item
            key={refused.n ?? index}
            source={source}
            refused={refused}
            now={now}
            onRetried={refresh}
          />
        ))}
      </ol>
    </>
  );
}
