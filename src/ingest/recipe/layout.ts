// The form of a signature header: read from a template, and taken apart by a scanner that is
// linear in its length.

import { fault, ok, type Result } from "../../kernel/result.ts";

/** What a header may carry: a signature, an instant, an id, or a shared token. */
export type Slot = "sig" | "t" | "id" | "token";

const SLOTS: readonly Slot[] = ["sig", "t", "id", "token"];

/** One slot and the text around it. */
export interface LayoutItem {
  readonly slot: Slot;
  readonly prefix: string;
  readonly suffix: string;
}

/** A compiled layout. */
export type Layout =
  /** The whole value is one item: tokens may hold any character. */
  | { readonly form: "whole"; readonly item: LayoutItem }
  /** Items in any order and number, told by their prefixes; what has none of them is skipped. */
  | {
      readonly form: "list";
      readonly items: readonly LayoutItem[];
      readonly separators: string;
      /** What a writer puts between two items. */
      readonly joint: string;
    }
  /** Slots in a fixed order; `literals` stand before, between and after them. */
  | {
      readonly form: "sequence";
      readonly slots: readonly Slot[];
      readonly literals: readonly string[];
      readonly separators: string;
    };

/** The texts found per slot, in order. */
export type Scanned = Readonly<Record<Slot, readonly string[]>>;

/**
 * Characters of a header that are looked at: a token of 8,192 characters is longer than any seen.
 */
export const MAX_HEADER_CHARS = 8_192;

/** Parts of a header; a sender that rotates its keys sends two or three. */
export const MAX_PARTS = 64;

/** Signatures of one request that are compared. */
export const MAX_SIGNATURES = 16;

/** Characters between parts; a space stands for a tab as well. */
const SEPARATORS = [",", ";", " ", "&", "|"] as const;

/** Whatever may end a part: most headers hold one signature and nothing else. */
const SPLITS = [...SEPARATORS, "\t"] as const;

/** Separators that a single item may have without saying so. */
const IMPLIED = [",", ";", " "] as const;

/** Printable ASCII without braces. */
const LITERAL = /^[\x20-\x7a\x7c\x7e]*$/;

/** Parses a template such as `t={t},v1={sig}`; the fault is the end of a sentence. */
export function parseLayout(text: string): Result<Layout, string> {
  const read = readTemplate(text);
  if (!read.ok) return read;
  const { slots, literals } = read.value;
  const proofs = slots.filter((slot) => slot === "sig" || slot === "token");
  if (proofs.length !== 1) return fault("must have exactly one of {sig} and {token}");
  if (new Set(slots).size < slots.length) return fault("must not have a part twice");
  if (slots.includes("token") && slots.length > 1) return fault("must have {token} alone");
  const item = { slot: slots[0] ?? "sig", prefix: literals[0] ?? "", suffix: literals[1] ?? "" };
  if (slots.length > 1) return several(slots, literals);
  if (item.slot === "token") return ok({ form: "whole", item });
  const separators = IMPLIED.filter((char) => !literals.join("").includes(char)).join("");
  return ok({ form: "list", items: [item], separators, joint: separators.slice(0, 1) });
}

/** The same layout for a token, which is the whole value. */
export const wholeLayout = (layout: Layout): Layout =>
  layout.form === "list" && layout.items[0] !== undefined && layout.items.length === 1
    ? { form: "whole", item: layout.items[0] }
    : layout;

interface Template {
  readonly slots: readonly Slot[];
  /** One more than slots. */
  readonly literals: readonly string[];
}

function readTemplate(text: string): Result<Template, string> {
  const slots: Slot[] = [];
  const literals: string[] = [];
  let from = 0;
  for (let open = text.indexOf("{"); open !== -1; open = text.indexOf("{", from)) {
    const close = text.indexOf("}", open);
    const slot = SLOTS.find((known) => known === text.slice(open + 1, close));
    if (close === -1 || slot === undefined)
      return fault("knows only the parts {sig}, {t}, {id} and {token}");
    slots.push(slot);
    literals.push(text.slice(from, open));
    from = close + 1;
  }
  literals.push(text.slice(from));
  return literals.every((literal) => LITERAL.test(literal))
    ? ok({ slots, literals })
    : fault("must be printable ASCII, with no other braces than those of its parts");
}

function several(slots: readonly Slot[], literals: readonly string[]): Result<Layout, string> {
  const between = literals.slice(1, -1);
  if (between.includes("")) return fault("must have some text between two parts");
  const cuts = between.map((literal) => literal.split("").findIndex(isSeparator));
  const items = slots.map((slot, index): LayoutItem => {
    const before = literals[index] ?? "";
    const after = literals[index + 1] ?? "";
    const prefix = index === 0 ? before : before.slice((cuts[index - 1] ?? 0) + 1).trimStart();
    return { slot, prefix, suffix: after.slice(0, cuts[index]) };
  });
  if (cuts.includes(-1) || items.some(({ prefix }) => prefix.trim() === "")) {
    const taken = literals.join("");
    const separators = [",", " "].filter((char) => !taken.includes(char)).join("");
    return ok({ form: "sequence", slots, literals, separators });
  }
  if (new Set(items.map(({ prefix }) => prefix)).size < items.length)
    return fault("must not give two parts one prefix");
  const joints = between.map((literal, index) => literal.charAt(cuts[index] ?? 0));
  const separators = [...new Set(joints)].join("");
  return ok({ form: "list", items, separators, joint: separators.slice(0, 1) });
}

const isSeparator = (char: string): boolean => SEPARATORS.some((known) => known === char);

/** Takes a header's value apart; `null` when it is too long or has too many parts. */
export function scanHeader(layout: Layout, value: string): Scanned | null {
  if (value.length > MAX_HEADER_CHARS) return null;
  const found: Record<Slot, string[]> = { sig: [], t: [], id: [], token: [] };
  if (layout.form === "whole") {
    const text = textOf(layout.item, value.trim());
    if (text !== null) found[layout.item.slot].push(text.trim());
    return found;
  }
  const parts = partsOf(value, layout.separators);
  if (parts.length > MAX_PARTS) return null;
  for (const part of parts) {
    const pairs = layout.form === "list" ? listed(layout.items, part) : inOrder(layout, part);
    for (const [slot, text] of pairs) found[slot].push(text);
  }
  return found.sig.length > MAX_SIGNATURES ? null : found;
}

/** The parts between separators, without the white space around them; empty ones are left out. */
function partsOf(value: string, separators: string): readonly string[] {
  if (!SPLITS.some((char) => value.includes(char))) {
    const whole = value.trim();
    return whole === "" ? [] : [whole];
  }
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at <= value.length; at += 1) {
    const char = value.charAt(at) === "\t" ? " " : value.charAt(at);
    if (at < value.length && !separators.includes(char)) continue;
    const part = value.slice(from, at).trim();
    // Two header lines of one name are joined by a comma, which may be no separator of the layout.
    const trimmed = part.endsWith(",") ? part.slice(0, -1).trimEnd() : part;
    if (trimmed !== "") parts.push(trimmed);
    from = at + 1;
  }
  return parts;
}

type Pair = readonly [Slot, string];

function listed(items: readonly LayoutItem[], part: string): readonly Pair[] {
  let best: LayoutItem | null = null;
  for (const item of items) {
    const longer = best === null || item.prefix.length > best.prefix.length;
    if (longer && textOf(item, part) !== null) best = item;
  }
  const text = best === null ? null : textOf(best, part);
  return best === null || text === null ? [] : [[best.slot, text]];
}

function inOrder(layout: Extract<Layout, { form: "sequence" }>, part: string): readonly Pair[] {
  const { slots, literals } = layout;
  const first = literals[0] ?? "";
  const last = literals.at(-1) ?? "";
  if (!part.startsWith(first) || !part.endsWith(last)) return [];
  const end = part.length - last.length;
  const pairs: Pair[] = [];
  let from = first.length;
  for (const [index, slot] of slots.entries()) {
    const final = index === slots.length - 1;
    const next = literals[index + 1] ?? "";
    const to = final ? end : part.indexOf(next, from);
    if (to < from) return [];
    pairs.push([slot, part.slice(from, to)]);
    from = to + next.length;
  }
  return pairs;
}

/** The text of an item between its prefix and its suffix; `null` when it has not both. */
function textOf({ prefix, suffix }: LayoutItem, part: string): string | null {
  const head = part.slice(0, prefix.length);
  // A word before a space is an authentication scheme, which has no case (RFC 9110, 11.1).
  const begins = prefix.endsWith(" ")
    ? head.toLowerCase() === prefix.toLowerCase()
    : head === prefix;
  if (!begins || !part.endsWith(suffix) || part.length < prefix.length + suffix.length) return null;
  return part.slice(prefix.length, part.length - suffix.length);
}

/** Writes a header's value; slots that are not given are empty. */
export function writeHeader(
  layout: Layout,
  given: Readonly<Partial<Record<Slot, string>>>,
): string {
  const written = ({ slot, prefix, suffix }: LayoutItem) =>
    `${prefix}${given[slot] ?? ""}${suffix}`;
  switch (layout.form) {
    case "whole":
      return written(layout.item);
    case "list":
      return layout.items.map(written).join(layout.joint);
    case "sequence": {
      const texts = layout.slots.map((slot, index) => [layout.literals[index], given[slot] ?? ""]);
      return [...texts.flat(), layout.literals.at(-1)].join("");
    }
  }
}

/** Whether the header itself carries this slot. */
export function hasSlot(layout: Layout, slot: Slot): boolean {
  switch (layout.form) {
    case "whole":
      return layout.item.slot === slot;
    case "list":
      return layout.items.some((item) => item.slot === slot);
    case "sequence":
      return layout.slots.includes(slot);
  }
}
