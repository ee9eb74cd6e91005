// JSON as it reads best. Numbers keep the digits that they came with, as everywhere in the relay.

import { withExactNumbers } from "../../kernel/json/exact-number.ts";
import { scanJson } from "../../kernel/json/scan.ts";

/** Parses a text so that its numbers keep their digits; only `written` may write the result. */
const parsed = (text: string): unknown => JSON.parse(scanJson(text).text);

const written = (value: unknown): string => withExactNumbers(JSON.stringify(value, null, 2));

/** JSON in lines; other text as it is. */
export function readable(text: string): string {
  try {
    return written(parsed(text));
  } catch {
    return text;
  }
}

/** The first event of an answer of `GET …/events`, in lines; `null` without any. */
export function firstEvent(answer: string): string | null {
  const { items } = parsed(answer) as { readonly items: readonly { readonly event: unknown }[] };
  const event = items[0]?.event;
  return event === undefined ? null : written(event);
}
