// `wake`: lets the relay look at a changed configuration at once, after a deploy.

import { relayCommand, REMOTE_ARGS } from "../command.ts";
import { relayApi } from "../relay-api.ts";

interface Woken {
  readonly subscribers: number;
  readonly jobs: number;
  readonly cursor: string | null;
}

/** `POST /v1/wake`, page by page. */
export const wake = relayCommand({
  name: "wake",
  description: "Let everything that waits look at a changed configuration",
  args: REMOTE_ARGS,
  run: async (args) => {
    const api = relayApi(args.url);
    let [subscribers, jobs] = [0, 0];
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = cursor === "" ? "" : `?${new URLSearchParams({ cursor }).toString()}`;
      const woken: Woken = await api.post<Woken>(`/v1/wake${query}`, {});
      subscribers += woken.subscribers;
      jobs += woken.jobs;
      cursor = woken.cursor;
    }
    if (args.json) console.log(JSON.stringify({ subscribers, jobs }));
    else console.log(`woke ${subscribers} subscribers and ${jobs} unfinished jobs`);
  },
});
