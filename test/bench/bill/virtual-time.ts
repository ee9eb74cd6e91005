// A clock that stands still until it is moved, for `Date.now`, timers and the alarms of objects: a
// minute of a job is played in a second, and every run counts the same.

const realDate = Date.now.bind(Date);
const realTimeout = globalThis.setTimeout.bind(globalThis);
const realInterval = globalThis.setInterval.bind(globalThis);
const realClear = globalThis.clearInterval.bind(globalThis);

/** How often a timer looks at the clock, in real milliseconds. */
const POLL_MS = 2;

/** An alarm of an object; `fire` runs it. */
interface VirtualAlarm {
  readonly at: number;
  readonly fire: () => Promise<void>;
}

/** `null` until the clock is stopped. */
let stopped: number | null = null;
const alarms = new Map<string, VirtualAlarm>();
/** When the timers that wait are due. */
const timers = new Map<unknown, number>();

/** The time outside. */
export const realNow = (): number => realDate();

/** Waits outside the virtual time. */
export const realWait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    realTimeout(resolve, ms);
  });

const virtualNow = (): number => stopped ?? realDate();

/** Puts the virtual clock in the place of the real one. */
export function installClock(): void {
  Date.now = virtualNow;
  // A real timer that looks at the clock: it runs in the context that has made it.
  globalThis.setTimeout = ((run: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) => {
    const due = virtualNow() + ms;
    const timer: unknown = realInterval(() => {
      if (virtualNow() < due) return;
      realClear(timer as number);
      timers.delete(timer);
      run(...values);
    }, POLL_MS);
    timers.set(timer, due);
    return timer;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: number | null) => {
    timers.delete(timer);
    realClear(timer);
  }) as typeof clearTimeout;
}

/** Stops the clock where it is. */
export function stopClock(): void {
  stopped ??= realDate();
}

/** The alarm of an object; `null` removes it. */
export function setVirtualAlarm(object: string, alarm: VirtualAlarm | null): void {
  if (alarm === null) alarms.delete(object);
  else alarms.set(object, alarm);
}

export const virtualAlarm = (object: string): number | null => alarms.get(object)?.at ?? null;

/** True while a timer is due that has not run. */
export const hasDueTimer = (): boolean => [...timers.values()].some((due) => due <= virtualNow());

/** Moves the clock by `ms`, and begins the alarms that are due. */
export function step(ms: number): void {
  stopped = virtualNow() + ms;
  for (const [object, { at, fire }] of alarms) {
    if (at > stopped) continue;
    alarms.delete(object);
    void fire();
  }
}

/**
 * Moves the clock to `target`, not back, and runs every alarm at its instant; `settle` waits for
 * the rest.
 */
export async function advance(target: number, settle: () => Promise<void>): Promise<void> {
  for (;;) {
    const [next] = [...alarms].toSorted(([, one], [, other]) => one.at - other.at);
    if (next === undefined || next[1].at > target) break;
    const [object, { at, fire }] = next;
    alarms.delete(object);
    stopped = Math.max(virtualNow(), at);
    await fire();
    await settle();
  }
  stopped = Math.max(virtualNow(), target);
  await settle();
}
