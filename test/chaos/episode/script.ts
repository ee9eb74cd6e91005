// What happens in an episode, drawn from a seed: rounds of load that each end with a fault.

import { between, dice, oneOf, type Dice } from "../../prove/parts/dice.ts";

export const SUBSCRIBERS = ["audit", "crm", "billing"] as const;
export type SubscriberId = (typeof SUBSCRIBERS)[number];

/** What a subscriber does with a delivery. */
export type Answering = "well" | "500" | "reset" | "hang" | "slow" | "429" | "410" | "400";

/** Names of secrets, the newest first. */
export type SecretNames = readonly ("OLD" | "NEW")[];

/** What of the configuration changes between restarts. */
export interface Setup {
  /** `crm` is configured; `audit` and `billing` always are. */
  readonly hasCrm: boolean;
  /** The source `own` is configured; `comments` always is. */
  readonly hasOwn: boolean;
  readonly subscriberSecrets: SecretNames;
  readonly sourceSecrets: SecretNames;
  readonly shards: 1 | 2 | 4;
  /** Seconds. */
  readonly throttle: 0 | 0.3 | 1;
  readonly crmThrottle: 0 | 0.5;
  /** `billing` gets everything, or ends alone. */
  readonly billingGetsAll: boolean;
  /** A mistake that makes the whole configuration invalid. */
  readonly isBroken: boolean;
}

export const FIRST_SETUP: Setup = {
  hasCrm: true,
  hasOwn: true,
  subscriberSecrets: ["OLD"],
  sourceSecrets: ["OLD"],
  shards: 1,
  throttle: 0,
  crmThrottle: 0,
  billingGetsAll: true,
  isBroken: false,
};

/**
 * How a round ends. `full`: the disk is full for a while; `errors`: writes fail for a while; `kill
 * and full`: it is still full when the relay starts again.
 */
type Fault = "kill" | "full" | "full and kill" | "kill and full" | "errors" | "errors and kill";

/** Load, and then a fault. */
export interface Round {
  /** Milliseconds of load before the fault. */
  readonly load: number;
  readonly answers: Readonly<Record<SubscriberId, Answering>>;
  readonly fault: Fault;
  /** Milliseconds that the disk stays full, or writes fail. */
  readonly faultFor: number;
  /** What is different once it runs again; nothing changes without a kill. */
  readonly change: Partial<Setup>;
  /** The operator resumes subscribers that are not active, before the load. */
  readonly resume: boolean;
  /** The operator wakes what waits, before the load. */
  readonly wake: boolean;
}

const ANSWERS: readonly Answering[] = [
  "well",
  "well",
  "well",
  "500",
  "reset",
  "hang",
  "slow",
  "429",
  "410",
  "400",
];

const FAULTS: readonly Fault[] = [
  "kill",
  "kill",
  "kill",
  "kill",
  "full",
  "full and kill",
  "kill and full",
  "errors",
  "errors and kill",
];

/** Secrets are rotated in three steps: both sides know the new one before the old one goes. */
const nextSecrets = (names: SecretNames): SecretNames =>
  names.length === 2 ? ["NEW"] : names[0] === "OLD" ? ["NEW", "OLD"] : ["OLD", "NEW"];

const CHANGES: readonly ((chance: Dice, setup: Setup) => Partial<Setup>)[] = [
  (_, { hasCrm }) => ({ hasCrm: !hasCrm }),
  (_, { hasOwn }) => ({ hasOwn: !hasOwn }),
  (_, { subscriberSecrets }) => ({ subscriberSecrets: nextSecrets(subscriberSecrets) }),
  (_, { sourceSecrets }) => ({ sourceSecrets: nextSecrets(sourceSecrets) }),
  (_, { shards }) => ({ shards: shards === 1 ? 4 : shards === 4 ? 2 : 1 }),
  (chance) => ({ throttle: oneOf(chance, [0, 0.3, 1] as const) }),
  (_, { crmThrottle }) => ({ crmThrottle: crmThrottle === 0 ? 0.5 : 0 }),
  (_, { billingGetsAll }) => ({ billingGetsAll: !billingGetsAll }),
  () => ({ isBroken: true }),
];

/** The rounds of a seed, the same ones each time. */
export function scriptOf(seed: number, rounds: number): readonly Round[] {
  const chance = dice(seed);
  const script: Round[] = [];
  let setup = FIRST_SETUP;
  for (let round = 0; round < rounds; round += 1) {
    const fault = oneOf(chance, FAULTS);
    // What is broken is mended with the next kill.
    const mended: Partial<Setup> = setup.isBroken ? { isBroken: false } : {};
    const change = fault.includes("kill")
      ? {
          ...mended,
          ...oneOf(chance, CHANGES)(chance, setup),
          ...oneOf(chance, CHANGES)(chance, setup),
        }
      : {};
    if (setup.isBroken && change.isBroken === true) change.isBroken = false;
    setup = Object.assign({ ...FIRST_SETUP }, setup, change);
    script.push({
      load: between(chance, 200, 1_200),
      answers: {
        audit: oneOf(chance, ANSWERS),
        crm: oneOf(chance, ANSWERS),
        billing: oneOf(chance, ANSWERS),
      },
      fault,
      faultFor: between(chance, 100, 800),
      change,
      resume: chance() < 0.6,
      wake: chance() < 0.3,
    });
  }
  return script;
}

/** A round as one line. */
export function lineOf({ load, answers, fault, faultFor, change, resume, wake }: Round): string {
  const changes = Object.entries(change).map(([name, value]) => `${name}=${String(value)}`);
  return [
    `${load} ms, ${SUBSCRIBERS.map((id) => `${id} ${answers[id]}`).join(", ")}; ${fault}`,
    ...(fault === "kill" ? [] : [`for ${faultFor} ms`]),
    ...changes,
    ...(resume ? ["resume"] : []),
    ...(wake ? ["wake"] : []),
  ].join(" ");
}

/**
 * A shorter script that still fails: leaves out halves, quarters, single rounds, as long as `tries`
 * last.
 */
export async function shrunken(
  script: readonly Round[],
  stillFails: (shorter: readonly Round[]) => Promise<boolean>,
  tries: number,
): Promise<readonly Round[]> {
  let best = script;
  let left = tries;
  for (let size = Math.ceil(best.length / 2); size >= 1 && left > 0;) {
    let isShorter = false;
    for (let from = 0; from < best.length && left > 0; from += size) {
      const shorter = [...best.slice(0, from), ...best.slice(from + size)];
      if (shorter.length === 0) continue;
      left -= 1;
      if (!(await stillFails(shorter))) continue;
      best = shorter;
      isShorter = true;
      break;
    }
    if (size === 1 && !isShorter) break;
    if (!isShorter) size = Math.max(1, Math.floor(size / 2));
  }
  return best;
}
