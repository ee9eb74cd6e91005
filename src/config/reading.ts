// How the configuration is read: a place for problems, and paths that say where each one stands.

/** The Worker's `env`: vars, secrets and bindings mixed. */
export type Vars = Readonly<Record<string, unknown>>;

/** The environment being read, and the problems found so far in the order of reading. */
export interface Reading {
  readonly vars: Vars;
  readonly problems: string[];
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

/** Shorter texts are words that a problem may need, not secrets. */
const MASK_FROM = 8;

/**
 * Replaces every string value of the environment that a problem shows. No message quotes secrets,
 * but an operator may paste one where a word of the configuration belongs.
 */
export function masked(reading: Reading): readonly string[] {
  const texts = Object.entries(reading.vars)
    .flatMap(([name, value]) =>
      typeof value !== "string" ? [] : name === "STREAM_SECRET" ? value.split(/[\s,]+/) : [value],
    )
    .filter((value) => value.length >= MASK_FROM)
    // The longest first: a shorter value may be part of it.
    .toSorted((left, right) => right.length - left.length);
  return reading.problems.map((problem) =>
    texts.reduce((text, value) => text.replaceAll(value, "***"), problem),
  );
}
