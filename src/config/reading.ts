// How the configuration is read: a place for problems, and paths that say where each one stands.

/** The Worker's `env`: vars, secrets and bindings mixed. */
export type Vars = Readonly<Record<string, unknown>>;

/** The environment being read, and the problems found so far in the order of reading. */
export interface Reading {
  readonly vars: Vars;
  readonly problems: string[];
  /** Names of secrets that stand for values which nobody knows here: their form is not judged. */
  readonly unknownSecrets?: ReadonlySet<string>;
}

/** One entry of a list var and where it stands, as in `SOURCES_EU[0]`. */
export interface Item {
  readonly path: string;
  readonly value: unknown;
}

/** Records a problem as `path: message`. The message never quotes a value that may be secret. */
export function report(reading: Reading, path: string, message: string): void {
  reading.problems.push(`${path}: ${message}`);
}

/** The variable's own value; what `Object.prototype` carries is no variable. */
export const varOf = (vars: Vars, name: string): unknown =>
  Object.hasOwn(vars, name) ? vars[name] : undefined;

/** Shorter texts are words that a text may need, not secrets. */
const MASK_FROM = 8;

/** Variables whose text is no secret, besides lists. */
const PLAIN_VARS: ReadonlySet<string> = new Set([
  "ALLOWED_ORIGINS",
  "ALLOW_PRIVATE_URLS",
  "LOG_LEVEL",
  "JURISDICTION",
  "LOCATION_HINT",
  "ACCESS_TEAM_DOMAIN",
  "ACCESS_AUD",
]);
const LIST_VARS = /^(?:SOURCES|SUBSCRIBERS|RULES)(?:_[A-Z0-9_]+)?$/;

/**
 * The texts of an environment that nobody may read: whatever is set as text beside the settings
 * above. Keys are also given without the prefix of their kind, as a sender may quote them.
 */
export const secretTexts = (vars: Vars): readonly string[] =>
  textsOf(vars, (name) => !PLAIN_VARS.has(name) && !LIST_VARS.test(name)).flatMap((text) => {
    const bare = text.replace(/^wh(?:sec|sk)_/, "");
    return bare === text || bare.length < MASK_FROM ? [text] : [text, bare];
  });

/** Texts of at least `MASK_FROM` characters, without white space around them. */
const textsOf = (vars: Vars, isWanted: (name: string) => boolean): readonly string[] =>
  Object.entries(vars)
    .filter(([name]) => isWanted(name))
    .flatMap(([name, value]) => {
      if (typeof value !== "string") return [];
      return name === "STREAM_SECRET" ? value.split(/[\s,]+/) : [value.trim()];
    })
    .filter((text) => text.length >= MASK_FROM);

/** Replaces every one of the texts. The longest go first: a shorter one may be part of them. */
export const withoutTexts = (text: string, hidden: readonly string[]): string =>
  hidden
    .toSorted((left, right) => right.length - left.length)
    .reduce((rest, one) => rest.replaceAll(one, "***"), text);

/**
 * Replaces every string value of the environment that a problem shows. No message quotes secrets,
 * but an operator may paste one where a word of the configuration belongs.
 */
export function masked(reading: Reading): readonly string[] {
  const texts = textsOf(reading.vars, () => true);
  return reading.problems.map((problem) => withoutTexts(problem, texts));
}
