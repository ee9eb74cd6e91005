// A pair of Betterez events, which name no job: the relay joins them.

import { completed, started } from "../../../../src/samples/betterez.ts";
import { checkJob, hasArrived, type Story } from "../story.ts";
import { addSource, note, read, send, tick } from "../world.ts";

const PAIRS = addSource({ id: "pairs", provider: "betterez", tolerance: 0 });

export const pair: Story = {
  name: "two events that name no job",
  leastSteps: 58,
  async play(n) {
    const account = `agency-${n}`;
    const run = { accountId: account, reportId: "sales", createdBy: "ada" };
    const now = Date.now();
    const first = started(run, { id: `s-${n}`, attemptId: `as-${n}`, now });
    const second = completed(run, { id: `c-${n}`, attemptId: `ac-${n}`, now: now + 5 }, "f.csv");
    for (const body of [first, second, first]) {
      await send(PAIRS, body);
      await tick();
    }
    const guids = async (): Promise<readonly string[]> =>
      ((await read(`/v1/jobs?account=${account}`)) as { items: { guid: string }[] }).items.map(
        ({ guid }) => guid,
      );
    const job = async () => ({
      source: PAIRS,
      guid: (await guids())[0] ?? "none",
      account,
      events: ["1 job.started", "2 job.finished"],
      viewers: [],
    });
    return {
      isDone: async () => (await guids()).length > 0 && hasArrived(await job()),
      check: async () => {
        const all = await guids();
        if (all.length !== 1) note(`the pair made ${all.length} jobs`);
        await checkJob(await job());
      },
    };
  },
};
