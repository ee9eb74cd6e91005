// Takes an update into a job: asks what it means, stores the answer.

import type { Settings } from "../config/settings.ts";
import { newEpoch } from "../kernel/random.io.ts";
import type { IngestAnswer, JobUpdate } from "../model/messages.ts";
import type { Millis } from "../kernel/time.ts";
import { decideUpdate } from "./decide.ts";
import { keyText } from "./dedupe.ts";
import { emit, type ApplyDeps } from "./emit.io.ts";
import { policyOf } from "./policy.ts";

/** The answer to the webhook, and whether there is something to hand over. */
export interface Taken {
  readonly answer: IngestAnswer;
  readonly emitted: boolean;
}

/** When this returns, everything the update says is stored. */
export function applyUpdate(
  parts: ApplyDeps,
  update: JobUpdate,
  settings: Settings,
  now: Millis,
): Taken {
  const { store } = parts;
  const { raw = null, ...heard } = update;
  const loaded = store.load();
  const key = keyText(update.key);
  const decision = decideUpdate(loaded?.state ?? null, heard, store.sighting(key), {
    policy: policyOf(settings, update.source),
    now,
  });
  switch (decision.kind) {
    case "duplicate":
      return { answer: { result: "duplicate", events: [] }, emitted: false };
    case "record":
      if (loaded === null) throw new Error("the first update of a job is always emitted");
      store.record(loaded, { at: now, key, reason: decision.reason, update: heard, raw });
      return {
        answer: { result: decision.reason === "duplicate" ? "duplicate" : "accepted", events: [] },
        emitted: false,
      };
    case "emit": {
      const { epoch = newEpoch(), state: { status: statusBefore = null } = {} } = loaded ?? {};
      const speech = { epoch, now, statusBefore, key, traceparent: heard.traceparent, raw };
      const { id } = emit(parts, decision.emission, speech, settings);
      return { answer: { result: "accepted", events: [id] }, emitted: true };
    }
  }
}
