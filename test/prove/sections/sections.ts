// Every section of `npm run prove`, in the order in which all of them run.

import { soak } from "../soak/soak.ts";
import { chaos } from "./chaos.ts";
import { memory } from "./memory.ts";
import { newcomer } from "./newcomer.ts";
import type { Section } from "./section.ts";
import { upstream } from "./upstream.ts";

export const SECTIONS: Readonly<Record<string, Section>> = {
  newcomer,
  chaos,
  upstream,
  soak,
  memory,
};
