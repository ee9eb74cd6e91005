// The polling of an export API, over real sockets: every export ends once, whatever the API
// answers.

import { afterAll, beforeAll, expect, test } from "vitest";
import { startExportServer, type ExportServer } from "../../../src/demo/upstream/export-server.ts";
import { completed, eventIdHeader } from "../../../src/samples/emailengine.ts";
import { SOURCE_SECRETS, startRelay, type Relay } from "../../support/relay.ts";
import { sender } from "../../support/senders.ts";
import { API_KEY, namesOf, pollingSource, questionsTo, type Questions } from "./questions.ts";
import { until } from "../../support/wait.ts";

const NAMES = ["one", "stalled", "ends", "limited", "refused", "broken", "found"] as const;
type Name = (typeof NAMES)[number];

const servers = new Map<Name, ExportServer>();
let relay: Relay;
let ask: Questions;

const server = (name: Name): ExportServer => {
  const found = servers.get(name);
  if (found === undefined) throw new Error(`no server ${name}`);
  return found;
};

const watch = (name: Name, exportId: string, account = "ada"): Promise<Response> =>
  ask.post(`/v1/sources/${name}/watch`, { account, exportId });

beforeAll(async () => {
  for (const name of NAMES) servers.set(name, await startExportServer());
  relay = await startRelay({
    vars: {
      API_KEY,
      SOURCES: [
        ...NAMES.map((name) => pollingSource(name, server(name))),
        { id: "plain", provider: "emailengine", secrets: ["EMAIL_SECRET"] },
      ],
    },
  });
  ask = questionsTo(relay);
});

afterAll(async () => {
  await relay?.stop();
  for (const each of servers.values()) await each.close();
});

test.concurrent("an export is followed from its queue to its end, and the webhook of its end adds no event", async () => {
  const scripted = server("one").add("ada", "exp_1");
  const answers = [await watch("one", "exp_1"), await watch("one", "exp_1")];
  expect(await Promise.all(answers.map(async (each) => [each.status, await each.json()]))).toEqual(
    answers.map(() => [
      202,
      { source: "one", account: "ada", exportId: "exp_1", state: "watching" },
    ]),
  );
  await ask.untilEvent("one", "exp_1", "job.created");
  expect(await ask.connector("one")).toMatchObject({ state: "connected", watching: 1 });
  Object.assign(scripted, { status: "processing", phase: "indexing", queued: 700 });
  await until(async () => (await ask.job("one", "exp_1"))?.details["phase"] === "indexing");
  Object.assign(scripted, { phase: "exporting", queued: 800, exported: 300, skipped: 20 });
  await until(async () => (await ask.job("one", "exp_1"))?.current === 320);
  Object.assign(scripted, { status: "completed", phase: "complete", exported: 780 });
  await ask.untilEvent("one", "exp_1", "job.finished");
  const post = sender(relay.url, {
    provider: "emailengine",
    source: "one",
    secret: SOURCE_SECRETS.emailengine,
  });
  const body = completed(
    { account: "ada", exportId: "exp_1", exported: 780, skipped: 20 },
    Date.now(),
  );
  const answer = await post(body, eventIdHeader("e1"));
  expect(answer.body.events).toEqual([]);
  const events = await ask.events("one", "exp_1");
  expect(namesOf(events)).toEqual(["job.created", "job.progress", "job.progress", "job.finished"]);
  expect(events.at(-1)).toMatchObject({
    account: "ada",
    url: `${server("one").url}/v1/account/ada/export/exp_1/download`,
    details: { totalExported: 780, total: 800 },
  });
  await ask.untilConnector("one", ({ state, watching }) => state === "waiting" && watching === 0);
  expect(
    server("one").asked.every(({ authorization }) => authorization === `Bearer ${API_KEY}`),
  ).toBe(true);
});

test.concurrent("counters that begin again after a stall never take progress back", async () => {
  const scripted = server("stalled").add("ada", "exp_s");
  Object.assign(scripted, { status: "processing", phase: "exporting", queued: 100, exported: 60 });
  await watch("stalled", "exp_s");
  await until(async () => (await ask.job("stalled", "exp_s"))?.current === 60);
  Object.assign(scripted, { phase: "indexing", queued: 40, exported: 0 });
  const before = server("stalled").asked.length;
  await until(() => server("stalled").asked.length >= before + 3);
  Object.assign(scripted, { phase: "exporting", queued: 100, exported: 80 });
  await until(async () => (await ask.job("stalled", "exp_s"))?.current === 80);
  Object.assign(scripted, { status: "completed", phase: "complete", exported: 100 });
  const events = await ask.untilEvent("stalled", "exp_s", "job.finished");
  expect(events.flatMap(({ current }) => current ?? [])).toEqual([60, 80]);
  expect(await ask.job("stalled", "exp_s")).toMatchObject({ late: 0, conflicts: 0 });
});

test.concurrent("failed, cancelled and gone are failed jobs, each with its reason, without any webhook", async () => {
  const { add, remove } = server("ends");
  const [failed, cancelled, gone] = ["exp_f", "exp_c", "exp_g"].map((id) => add(id, id));
  for (const id of ["exp_f", "exp_c", "exp_g"]) await watch("ends", id, id);
  for (const id of ["exp_f", "exp_c", "exp_g"]) await ask.untilEvent("ends", id, "job.created");
  Object.assign(failed ?? {}, { status: "failed", error: "Connection not available" });
  Object.assign(cancelled ?? {}, { status: "cancelled", phase: "exporting" });
  remove(gone?.exportId ?? "");
  for (const id of ["exp_f", "exp_c", "exp_g"]) await ask.untilEvent("ends", id, "job.failed");
  const jobs = await Promise.all(["exp_f", "exp_c", "exp_g"].map((id) => ask.job("ends", id)));
  expect(jobs.map((job) => job?.error)).toEqual([
    "Connection not available",
    "The export was cancelled",
    "EmailEngine does not know the export any more: it was deleted or cancelled",
  ]);
  await ask.untilConnector("ends", ({ watching }) => watching === 0);
});

test.concurrent("a 429 is obeyed as long as it asks for", async () => {
  const limited = server("limited");
  Object.assign(limited.add("ada", "exp_l"), { status: "processing", phase: "exporting" });
  limited.odd = () => ({ status: 429, headers: { "retry-after": "3" } });
  await watch("limited", "exp_l");
  const waiting = await ask.untilConnector("limited", ({ state }) => state === "waiting");
  expect(waiting.lastError).toBe("the export API answered 429");
  limited.odd = () => null;
  await ask.untilConnector("limited", ({ state }) => state === "connected");
  const [first, second] = limited.asked.map(({ at }) => at);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2_900);
});

test.concurrent("a refused token is a failure with its reason, and a mended one goes on", async () => {
  const refused = server("refused");
  Object.assign(refused.add("ada", "exp_r"), { status: "processing", phase: "exporting" });
  refused.odd = () => ({ status: 401 });
  await watch("refused", "exp_r");
  const failed = await ask.untilConnector("refused", ({ state }) => state === "failed");
  expect(failed.lastError).toBe("the export API answered 401");
  refused.odd = () => null;
  await ask.untilConnector("refused", ({ state }) => state === "connected");
  await ask.untilEvent("refused", "exp_r", "job.progress");
});

test.concurrent("server errors, resets, redirects and pages in place of a status are waited out", async () => {
  const broken = server("broken");
  const scripted = broken.add("ada", "exp_b");
  const odd = [
    { status: 500 },
    "reset",
    { status: 200, body: "<html>" },
    { status: 502, headers: { "content-type": "text/html" } },
  ] as const;
  let calls = 0;
  broken.odd = () => odd[calls++] ?? null;
  await watch("broken", "exp_b");
  await ask.untilEvent("broken", "exp_b", "job.created");
  Object.assign(scripted, { status: "completed", exported: 5 });
  const events = await ask.untilEvent("broken", "exp_b", "job.finished");
  expect(namesOf(events)).toEqual(["job.created", "job.finished"]);
});

test.concurrent("a webhook of an account finds its other exports, which nobody announced", async () => {
  const { add } = server("found");
  const other = add("ada", "exp_other");
  Object.assign(other, { status: "processing", phase: "exporting", queued: 9, exported: 3 });
  const post = sender(relay.url, {
    provider: "emailengine",
    source: "found",
    secret: SOURCE_SECRETS.emailengine,
  });
  const ended = { account: "ada", exportId: "exp_ended", exported: 1, skipped: 0 };
  await post(completed(ended, Date.now()), eventIdHeader("e2"));
  await ask.untilEvent("found", "exp_other", "job.progress");
  Object.assign(other, { status: "completed", phase: "complete", exported: 9 });
  expect(namesOf(await ask.untilEvent("found", "exp_other", "job.finished"))).toEqual([
    "job.progress",
    "job.finished",
  ]);
});

test.each([
  ["one", { account: "ada", exportId: "exp_1" }, 202],
  ["one", { account: "ada" }, 422],
  ["one", { account: "ada", exportId: "" }, 422],
  ["one", { account: "ada", exportId: "exp_1", every: 1 }, 422],
  ["plain", { account: "ada", exportId: "exp_1" }, 409],
  ["nobody", { account: "ada", exportId: "exp_1" }, 404],
])("POST /v1/sources/%s/watch %j is answered %i", async (source, body, status) => {
  expect((await ask.post(`/v1/sources/${source}/watch`, body)).status).toBe(status);
});
