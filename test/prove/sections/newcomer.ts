// What somebody new does, timed: clone, start, see the sample move; a staging environment as a dry
// run; an application with React from the packed package.

import { writeFileSync } from "node:fs";
import { cloneHere } from "../newcomer/checkout.ts";
import { seeFirstEvent } from "../newcomer/first-event.ts";
import { showInReact } from "../newcomer/react-app.ts";
import { dryRunStaging } from "../newcomer/staging.ts";
import type { Outcome, Section } from "./section.ts";

/** From the clone to a bar that moves, in seconds. */
const MOST = 120;

const round = (seconds: number): number => Math.round(seconds * 10) / 10;

async function newcomerSteps(file: string): Promise<Outcome> {
  const begin = performance.now();
  const clock = (): number => (performance.now() - begin) / 1_000;
  const checkout = cloneHere();
  try {
    const { relay, times } = await seeFirstEvent(checkout, clock);
    writeFileSync(file, `${JSON.stringify(times)}\n`);
    const reacted = clock();
    await showInReact(checkout, relay);
    const shown = clock();
    await relay.start.stop();
    await dryRunStaging(checkout);
    const figures = {
      "s from the clone to a bar that moves in the console": round(times.moving),
      "of them until npm ci was done": round(times.installed),
      "of them until npm start was ready": round(times.started),
      "s for a React app from the packed package": round(shown - reacted),
      "s for a staging deploy as a dry run": round(clock() - shown),
    };
    const faults =
      times.moving > MOST
        ? [`the first bar moved after ${round(times.moving)} s, not ${MOST}`]
        : [];
    return { figures, faults };
  } catch (error) {
    return { figures: {}, faults: String(error).split("\n") };
  } finally {
    checkout.remove();
  }
}

export const newcomer: Section = {
  minutes: null,
  run: ({ file }) => newcomerSteps(file),
};
