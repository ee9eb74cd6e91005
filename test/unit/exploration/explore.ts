// Walks through every world that a setting leads to, breadth first, and checks each.

import { actionsOf, urgentActions, type Action } from "./actions.ts";
import { keyOf } from "./key.ts";
import { missingAtRest } from "./rest.ts";
import { Stage, type Setting } from "./stage.ts";
import type { World } from "./world.ts";

/** What an exploration looks at. */
export interface Exploration {
  readonly setting: Setting;
  readonly begin: World;
  /** The places of the subscriber that may fail; the account's where both work. */
  readonly failing: readonly number[];
  /** Steps from the beginning to the first world that is explored, by their names. */
  readonly opening: readonly string[];
  /** Most steps from there. */
  readonly depth: number;
  /** Ends early after this many worlds. */
  readonly most?: number;
}

/** What was found; `broken` is empty when every rule holds. */
export interface Explored {
  readonly states: number;
  readonly steps: number;
  readonly depth: number;
  /** True when no world was left to look at. */
  readonly complete: boolean;
  readonly broken: readonly { readonly rule: string; readonly trace: readonly string[] }[];
}

/** How a world was reached, and the world after the step that leads to rest. */
interface Reached {
  readonly from: string | null;
  readonly by: string;
  towardsRest: string | null;
  rank?: number;
}

/** The step that leads to rest; none at rest. */
function leastOf(actions: readonly Action[]): Action | undefined {
  let least: Action | undefined;
  for (const action of actions)
    if (action.rank !== null && action.rank < (least?.rank ?? Infinity)) least = action;
  return least;
}

class Explorer {
  readonly #of: Exploration;
  /** Each world that was reached: how, and which step leads it to rest. */
  readonly #known = new Map<string, Reached>();
  readonly #broken = new Map<string, readonly string[]>();
  #steps = 0;

  constructor(of: Exploration) {
    this.#of = of;
  }

  explore(): Explored {
    const { depth: most } = this.#of;
    const begin = this.#opened();
    const first = keyOf(begin);
    this.#known.set(first, { from: null, by: "", towardsRest: null });
    let layer: (readonly [string, World])[] = [[first, begin]];
    let depth = 0;
    while (layer.length > 0 && depth < most && !this.#isFull) {
      layer = layer.flatMap(([key, world]) => this.#successors(key, world));
      depth += 1;
    }
    const complete = layer.length === 0;
    for (const [key, world] of layer) this.#bringToRest(key, world);
    if (this.#broken.size === 0) this.#findCircles();
    const broken = [...this.#broken].map(([rule, trace]) => ({ rule, trace }));
    const [states, steps] = [this.#known.size, this.#steps];
    return { states, steps, depth, complete, broken };
  }

  /** The first world. Throws where a step of the opening is not possible. */
  #opened(): World {
    return this.#of.opening.reduce((world, name) => {
      const actions = this.#actions(world);
      const action = actions.find((one) => one.name === name);
      if (action === undefined)
        throw new Error(`${name}: not one of ${actions.map((one) => one.name).join("; ")}`);
      return this.#run(world, action).world;
    }, this.#of.begin);
  }

  get #isFull(): boolean {
    return this.#known.size >= (this.#of.most ?? Infinity) || this.#broken.size > 0;
  }

  #actions(world: World): readonly Action[] {
    const { setting, failing } = this.#of;
    return actionsOf(world, { setting, failing });
  }

  #urgent(world: World): readonly Action[] {
    const { setting, failing } = this.#of;
    return urgentActions(world, { setting, failing });
  }

  #run(world: World, { cost, run }: Action): Stage {
    const faults = world.faults - cost.faults;
    const failures = world.failures - cost.failures;
    const stage = new Stage(this.#of.setting, { ...world, faults, failures });
    run(stage);
    this.#steps += 1;
    // Where only one thing can happen, it does.
    for (
      let [only, ...others] = this.#urgent(stage.world);
      others.length === 0 && only !== undefined;
    ) {
      only.run(stage);
      this.#steps += 1;
      [only, ...others] = this.#urgent(stage.world);
    }
    return stage;
  }

  #successors(key: string, world: World): readonly (readonly [string, World])[] {
    if (this.#isFull) return [[key, world]];
    const actions = this.#actions(world);
    const least = leastOf(actions);
    if (least === undefined) this.#checkRest(key, world);
    return actions.flatMap((action) => {
      const next = this.#step(key, world, action);
      return next === null ? [] : [next];
    });
  }

  /** The world after a step; `null` for one that is known. */
  #step(key: string, world: World, action: Action): readonly [string, World] | null {
    const { world: next, broken } = this.#run(world, action);
    for (const rule of broken) this.#report(rule, key, action.name);
    const id = keyOf(next);
    const known = this.#known.get(key);
    if (known !== undefined && action.rank !== null && action.rank < (known.rank ?? Infinity))
      [known.towardsRest, known.rank] = [id, action.rank];
    if (this.#known.has(id)) return null;
    this.#known.set(id, { from: key, by: action.name, towardsRest: null });
    return [id, next];
  }

  #checkRest(key: string, world: World): void {
    for (const rule of missingAtRest(this.#of.setting, world)) this.#report(rule, key, "rest");
  }

  /** Lets a world at the last depth come to rest without further faults. */
  #bringToRest(from: string, begin: World): void {
    let [key, world] = [from, begin];
    while (this.#broken.size === 0) {
      const next = leastOf(this.#actions(world));
      if (next === undefined) return this.#checkRest(key, world);
      const after = this.#step(key, world, next);
      if (after === null) return;
      [key, world] = after;
    }
  }

  /** Finds worlds that never come to rest although nothing goes wrong any more. */
  #findCircles(): void {
    const restful = new Set<string>();
    for (const key of this.#known.keys()) {
      const path = new Set<string>();
      let at: string | null = key;
      while (at !== null && !restful.has(at)) {
        if (path.has(at)) return this.#report("no end is in sight", at, "and so on");
        path.add(at);
        at = this.#known.get(at)?.towardsRest ?? null;
      }
      for (const one of path) restful.add(one);
    }
  }

  #report(rule: string, key: string, last: string): void {
    if (this.#broken.has(rule)) return;
    const trace = [last];
    for (let at: string | null = key; at !== null;) {
      const reached: Reached | undefined = this.#known.get(at);
      trace.unshift(reached?.by ?? "");
      at = reached?.from ?? null;
    }
    this.#broken.set(rule, trace);
  }
}

/** Explores; ends at the first rule that is broken. */
export const explore = (of: Exploration): Explored => new Explorer(of).explore();
