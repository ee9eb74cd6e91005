// Tells whether two worlds are the same for everything that may happen in them.

import { HOUR, type Millis } from "../../../src/kernel/time.ts";
import type { Job, World } from "./world.ts";

/** When every exploration begins. */
export const BEGIN: Millis = Date.UTC(2026, 10, 21, 19);

/** No rule looks back further than this: the window is the widest. */
const FORGOTTEN_AFTER: Millis = 5_000;

/** What is due later than this is not waited for. */
const FAR: Millis = HOUR;

/** Instants that only silence and retention look at, which an exploration leaves out. */
const IGNORED = /"(?:createdAt|updatedAt|lastUpdateAt|finishedAt|since)":\d+,?/g;

/** Instants have as many digits as the first one, and no other number has. */
const INSTANT = /\b1\d{12}\b/g;

/** A part of a world: parts with one number differ in their instants at most. */
interface Part {
  readonly number: number;
  readonly instants: readonly Millis[];
}

/** A step leaves most parts as they are, and leads to parts that are known. */
const byObject = new WeakMap<object, Part>();
const byText = new Map<string, Part>();
const numbers = new Map<string, number>();

const texts = new WeakMap<object, string>();

/** A part that many worlds share, as text. */
function textOf(shared: object | null): string {
  if (shared === null) return "";
  const known = texts.get(shared);
  if (known !== undefined) return known;
  const text = JSON.stringify(shared);
  texts.set(shared, text);
  return text;
}

function textOfJob({ rows, memory, ...rest }: Job): string {
  const {
    state = null,
    watermarks = null,
    events = null,
    records = null,
    sightings = null,
  } = rows ?? {};
  const onDisk = [state, watermarks, events, records, sightings].map(textOf).join();
  if (memory === null) return `${JSON.stringify(rest)}${onDisk}`;
  const { state: known, watermarks: marks, ...others } = memory;
  const inMemory = [known === state ? null : known, marks].map(textOf).join();
  return `${JSON.stringify([rest, others])}${onDisk};${inMemory}`;
}

function partOf(part: object, write: (part: never) => string = JSON.stringify): Part {
  const known = byObject.get(part);
  if (known !== undefined) return known;
  const text = write(part as never);
  const read = byText.get(text) ?? readPart(text);
  byText.set(text, read);
  byObject.set(part, read);
  return read;
}

function readPart(text: string): Part {
  const instants: Millis[] = [];
  const rest = text.replace(IGNORED, "").replace(INSTANT, (instant) => {
    instants.push(Number(instant));
    return "@";
  });
  const number = numbers.get(rest) ?? numbers.size;
  numbers.set(rest, number);
  return { number, instants };
}

/**
 * A text that two worlds share when they differ in nothing that matters: instants count from now,
 * old ones are all alike, and calls have no order.
 */
export function keyOf({ now, jobs, account, subscribers, calls, ...rest }: World): string {
  const all = [
    ...jobs.map((job) => partOf(job, textOfJob)),
    partOf(account),
    ...subscribers.map((one) => partOf(one)),
    partOf(rest),
  ];
  let key = "";
  for (const { number, instants } of all) {
    key += `${number}`;
    for (const at of instants) key += `@${Math.min(Math.max(at - now, -FORGOTTEN_AFTER), FAR)}`;
    key += ",";
  }
  const sorted = calls.map((call) => partOf(call).number).toSorted((one, other) => one - other);
  return `${key};${sorted.join()}`;
}
