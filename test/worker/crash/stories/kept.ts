// A webhook that is refused, because a secret is wrong, kept, and taken again by an operator.

import { env } from "cloudflare:workers";
import { checkJob, hasArrived, type Expected, type Story } from "../story.ts";
import { addSource, ask, note, pass, read, tick, until } from "../world.ts";

const SECRET = "a secret that was mended";
(env as unknown as Record<string, string>)["MENDED_SECRET"] = SECRET;
const MENDED = addSource({
  id: "mended",
  provider: "generic",
  verify: "bearer",
  secrets: ["MENDED_SECRET"],
  keepRefused: true,
});

/** The Worker before the secret was mended. */
const BEFORE = { ...env, MENDED_SECRET: "wrong" } as Env;

interface Refused {
  readonly n: number;
  readonly kept: boolean;
}

const keptOf = async (): Promise<readonly number[]> => {
  const { items } = (await read(`/v1/sources/${MENDED}/rejected`)) as { items?: Refused[] };
  return (items ?? []).filter(({ kept }) => kept).map(({ n }) => n);
};

export const takenAgain: Story = {
  name: "a refused request that is taken again, by a request that is repeated",
  leastSteps: 40,
  async play(n) {
    const guid = `mended-${n}`;
    const account = `of-${guid}`;
    const body = { event: "job.created", guid, account };
    const before = await keptOf();
    // What is refused is kept if that can be done at once.
    let number: number | undefined;
    for (let tries = 0; number === undefined && tries < 6; tries += 1) {
      const headers = { authorization: `Bearer ${SECRET}` };
      const { status } = await ask("POST", `/hooks/${MENDED}`, { body, headers, under: BEFORE });
      if (status !== 401) note(`the webhook was answered ${status}`);
      await tick();
      number = (await keptOf()).find((one) => !before.includes(one));
    }
    const path = `/v1/sources/${MENDED}/rejected/${number}/retry`;
    const headers = { "idempotency-key": `taken-again-${n}` };
    const told: string[] = [];
    // A request whose answer was lost is in use for a minute. Somebody asks without a key at last.
    for (let tries = 0; told.length < 2 && tries < 6; tries += 1) {
      const answer = await until("POST", path, { headers: told.length === 0 ? headers : {} });
      if (answer.status === 202) told.push(await answer.text());
      else if (answer.status !== 409) note(`the retry was answered ${answer.status}`);
      if (answer.status === 409) pass(61_000);
    }
    if (told[0] !== told[1]) note(`the retry was answered ${told.join(" and then ")}`);
    const events = ["1 job.created"];
    const job: Expected = { source: MENDED, guid, account, events, viewers: [] };
    return {
      isDone: () => hasArrived(job),
      check: async () => {
        await checkJob(job);
        if ((await keptOf()).includes(number ?? 0)) note("the request is kept still");
      },
    };
  },
};
