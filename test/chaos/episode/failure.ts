// What is told of an episode that found a fault: its seed, the shortest script, the first faults.

import type { Bundle } from "../../bench/relay.ts";
import { playEpisode, type Verdict } from "./episode.ts";
import { lineOf, shrunken, type Round } from "./script.ts";

/** Lines of the relay's log, and faults, that are shown. */
const SHOWN = 15;

/** An episode that was played, and how many more may be played to shorten its script. */
interface Played {
  readonly seed: number;
  readonly script: readonly Round[];
  readonly verdict: Verdict;
  readonly tries: number;
}

/** Shrinks the script of a failure and puts everything into words; empty without a fault. */
export async function told(
  bundle: Bundle,
  { seed, script, verdict, tries }: Played,
): Promise<string> {
  if (verdict.faults.length === 0) return "";
  let last = verdict;
  const shortest = await shrunken(
    script,
    async (shorter) => {
      const again = await playEpisode(bundle, seed, shorter).catch(() => null);
      if (again === null || again.faults.length === 0) return false;
      last = again;
      return true;
    },
    tries,
  );
  return [
    `seed ${seed}, ${shortest.length} of ${script.length} rounds:`,
    ...shortest.map((round) => `  ${lineOf(round)}`),
    ...last.faults.slice(0, SHOWN),
    "the relay's log:",
    ...last.log.slice(-SHOWN).map((line) => `  ${line.slice(0, 400)}`),
  ].join("\n");
}
