// `wake`: lets the relay look at a changed configuration at once, after a deploy.

import { relayCommand, REMOTE_ARGS } from "../command.ts";
import { relayApi, type RelayChoice } from "../relay-api.ts";
import { jsonText } from "../paint.ts";

interface Woken {
  readonly subscribers: number;
  readonly jobs: number;
  readonly cursor: string | null;
}

/** `POST /v1/wake`, page by page. */
export async function wakeAll(choice: RelayChoice): Promise<Omit<Woken, "cursor">> {
  const api = relayApi(choice);
  let [subscribers, jobs] = [0, 0];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query: string = cursor === "" ? "" : `?${new URLSearchParams({ cursor }).toString()}`;
    const woken: Woken = await api.post<Woken>(`/v1/wake${query}`, {});
    subscribers += woken.subscribers;
    jobs += woken.jobs;
    cursor = woken.cursor;
  }
  return { subscribers, jobs };
}

/** Prints how many were woken. */
export const wake = relayCommand({
  name: "wake",
  description: "Let everything that waits look at a changed configuration",
  args: REMOTE_ARGS,
  run: async (args) => {
    const { subscribers, jobs } = await wakeAll(args);
    if (args.json) console.log(jsonText({ subscribers, jobs }));
    else console.log(`Woke ${subscribers} subscribers and ${jobs} unfinished jobs.`);
  },
});
