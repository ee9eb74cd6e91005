// In which line of a TOML file each value stands. The file has been parsed by a TOML parser before,
// which knows no lines: this reader expects no mistakes in it.

import { step } from "../../../kernel/json/path.ts";

/** Where a reader is in a file, and what it has found. */
interface Scan {
  readonly text: string;
  at: number;
  line: number;
  /** Line of each path, counted from 1. */
  readonly lines: Map<string, number>;
  /** How many tables each array of tables has so far. */
  readonly counts: Map<string, number>;
}

/** Line of each path, as in `vars.SOURCES[0].secrets[1]`; a table stands where it begins first. */
export function tomlLines(text: string): ReadonlyMap<string, number> {
  const scan: Scan = { text, at: 0, line: 1, lines: new Map(), counts: new Map() };
  let table = "";
  for (skipBlank(scan); scan.at < text.length; skipBlank(scan)) {
    const before = scan.at;
    if (text[scan.at] === "[") table = readHeader(scan);
    else readAssignment(scan, table);
    // Whatever this reader does not understand is passed over.
    if (scan.at === before) advance(scan, 1);
  }
  return scan.lines;
}

const BLANK = /(?:\s|#[^\n]*)+/y;
const INLINE_BLANK = /[ \t]*/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
const QUOTED = /"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const LONG_TEXT = /"""(?:[^\\]|\\[^])*?"{3,5}|'''[^]*?'{3,5}/y;
/** Numbers, booleans, and instants, which may have a blank between day and time. */
const PLAIN_VALUE = /\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\]}#]+/y;

/** Matches at the reader's place, moves behind the match and returns it; `""` without a match. */
function eat(scan: Scan, pattern: RegExp): string {
  pattern.lastIndex = scan.at;
  const found = pattern.exec(scan.text)?.[0] ?? "";
  advance(scan, found.length);
  return found;
}

function advance(scan: Scan, length: number): void {
  const passed = scan.text.slice(scan.at, scan.at + length);
  scan.line += passed.split("\n").length - 1;
  scan.at += length;
}

const skipBlank = (scan: Scan): string => eat(scan, BLANK);

/** Moves behind one of the characters when it is next. */
function eatMark(scan: Scan, mark: string): boolean {
  const isNext = scan.text.startsWith(mark, scan.at);
  if (isNext) advance(scan, mark.length);
  return isNext;
}

function readKeys(scan: Scan): readonly string[] {
  const keys: string[] = [];
  do {
    eat(scan, INLINE_BLANK);
    const quoted = eat(scan, QUOTED);
    keys.push(quoted === "" ? eat(scan, BARE_KEY) : unquoted(quoted));
    eat(scan, INLINE_BLANK);
  } while (eatMark(scan, "."));
  return keys;
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

const under = (path: string, key: string): string => (path === "" ? key : step(path, key));

/** Records the line of a path; the first place wins. */
function record(scan: Scan, path: string): void {
  if (!scan.lines.has(path)) scan.lines.set(path, scan.line);
}

/** Reads `[table]` or `[[array of tables]]` and returns the path that its keys stand under. */
function readHeader(scan: Scan): string {
  const isArray = eatMark(scan, "[[");
  if (!isArray) eatMark(scan, "[");
  const keys = readKeys(scan);
  let path = "";
  for (const [index, key] of keys.entries()) {
    path = under(path, key);
    record(scan, path);
    const count = scan.counts.get(path) ?? 0;
    if (isArray && index === keys.length - 1) {
      scan.counts.set(path, count + 1);
      path = step(path, count);
      record(scan, path);
    } else if (count > 0) path = step(path, count - 1);
  }
  eatMark(scan, isArray ? "]]" : "]");
  return path;
}

function readAssignment(scan: Scan, table: string): void {
  let path = table;
  for (const key of readKeys(scan)) {
    path = under(path, key);
    record(scan, path);
  }
  eatMark(scan, "=");
  eat(scan, INLINE_BLANK);
  readValue(scan, path);
}

function readValue(scan: Scan, path: string): void {
  if (eatMark(scan, "[")) {
    readMembers(scan, "]", (index) => {
      record(scan, step(path, index));
      readValue(scan, step(path, index));
    });
  } else if (eatMark(scan, "{")) readMembers(scan, "}", () => readAssignment(scan, path));
  else if (eat(scan, LONG_TEXT) === "" && eat(scan, QUOTED) === "") eat(scan, PLAIN_VALUE);
}

function readMembers(scan: Scan, end: string, read: (index: number) => void): void {
  for (let index = 0; scan.at < scan.text.length; index += 1) {
    skipBlank(scan);
    if (eatMark(scan, end)) return;
    const before = scan.at;
    read(index);
    skipBlank(scan);
    eatMark(scan, ",");
    if (scan.at === before) return;
  }
}
