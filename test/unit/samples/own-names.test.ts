// The samples of senders that use the relay's own names are read as what they are called.

import { expect, test } from "vitest";
import { READERS } from "../../../src/config/settings.ts";
import { PROVIDER_FILES } from "../../../src/ingest/providers/registry.ts";
import { aboutJob, presetSamples } from "../../../src/samples/presets.ts";
import { SAMPLES } from "../../../src/samples/catalogue.ts";
import { outcomes } from "../ingest/build.ts";

const OWN_NAMES = ["standard-webhooks", "cloudevents", "generic"] as const;

test.each(OWN_NAMES)("%s has a whole job, its good end last", (reader) => {
  const read = presetSamples(reader).map((sample) => {
    const { headers, body } = aboutJob(sample, "job-7");
    const [event] = outcomes(PROVIDER_FILES[reader], body, headers);
    return event?.kind === "job" ? [event.event, event.subject] : event;
  });
  const subject = { kind: "guid", guid: "job-7" };
  expect(read).toEqual(
    ["job.created", "job.progress", "job.failed", "job.finished"].map((event) => [event, subject]),
  );
});

test("every reader has samples", () => {
  expect(READERS.toSorted()).toEqual([...Object.keys(SAMPLES), ...OWN_NAMES].toSorted());
});
