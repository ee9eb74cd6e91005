// A preset as the API, the command line and the console show it.

import { readyRecipe } from "../recipe/ready.ts";
import type { RecipeData, VerifyData } from "../recipe/recipe.ts";
import type { Preset } from "./preset.ts";

/** What a person needs to know to set a source up; `{url}` stands for the source's address. */
export interface PresetView {
  readonly name: string;
  readonly title: string;
  /** True when the source needs a secret; false where the sender's keys are public. */
  readonly secrets: boolean;
  /** Headers that carry the proof. */
  readonly headers: readonly string[];
  /** The relay's events that it causes. */
  readonly events: readonly string[];
  readonly setup: readonly string[];
  readonly retries: Preset["retries"];
  readonly lacks: readonly string[];
}

/** Makes the view of a preset. */
export function presetView(preset: Preset): PresetView {
  const { name, title, verify, map, setup, retries, lacks } = preset;
  const recipes = recipesOf(verify);
  const values = typeof map.event === "string" ? [] : Object.values(map.event.values);
  return {
    name,
    title,
    secrets: recipes.every(({ keys }) => keys === undefined),
    headers: [...new Set(recipes.flatMap(({ header }) => header))],
    events: [...new Set(values)],
    setup,
    retries,
    lacks,
  };
}

/** The recipes behind names and lists. */
function recipesOf(verify: VerifyData): readonly RecipeData[] {
  if (typeof verify === "string") return recipesOf(readyRecipe(verify) ?? []);
  return isList(verify) ? verify.flatMap(recipesOf) : [verify];
}

const isList = (verify: VerifyData): verify is readonly (string | RecipeData)[] =>
  Array.isArray(verify);
