// Splits the `channels` parameter of a stream, whose channel names may hold commas themselves.

import { kindOf, MAX_CHANNEL_CHARACTERS } from "./channels.ts";

const isOwn = (name: string, account: string): boolean =>
  !["foreign", "unknown"].includes(kindOf(name, account));

const plainly = (list: string): readonly string[] =>
  list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** The parts of a list between its commas: where each begins and ends. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function partsOf(list: string): readonly Part[] {
  let start = 0;
  return list.split(",").map((text) => {
    const part = { start, end: start + text.length, text: text.trim() };
    start = part.end + 1;
    return part;
  });
}

/**
 * Splits a comma-separated list of channels of `account`. A comma inside an id does not split where
 * the list can be read as the account's own channels; the reading with the shortest names wins. Any
 * other list is split at each comma.
 */
export function splitChannelList(list: string, account: string): readonly string[] {
  if (list.length > 2 * MAX_CHANNEL_CHARACTERS) return plainly(list);
  const parts = partsOf(list);
  const lastOfAccount = partsOf(account).at(-1)?.text ?? "";
  const dead = new Set<number>();

  /** Reads the list from a part on; `null` where no reading has own channels only. */
  const readFrom = (begin: number): readonly string[] | null => {
    let index = begin;
    while (index < parts.length && parts[index]?.text === "") index += 1;
    const first = parts[index];
    if (first === undefined) return [];
    if (dead.has(index) || !/^(?:exports:|webhooks:|user:|export\.)/.test(first.text)) return null;
    for (let last = index; last < parts.length; last += 1) {
      const { end = 0, text = "" } = parts[last] ?? {};
      if (!text.endsWith(".job") && !text.endsWith(lastOfAccount)) continue;
      // White space may end an account's name, or stand before the comma.
      const whole = list.slice(first.start, end).trimStart();
      const name = [whole, whole.trimEnd()].find((each) => isOwn(each, account));
      const rest = name === undefined ? null : readFrom(last + 1);
      if (name !== undefined && rest !== null) return [name, ...rest];
    }
    dead.add(index);
    return null;
  };

  return readFrom(0) ?? plainly(list);
}
