// Warns of rules that match nothing: globs without a match, conditions that never hold.

import type { Rule, RuleMatch, Settings } from "../../config/settings.ts";
import { globMatches } from "../../route/glob.ts";
import { fieldPath, type Finding, type Places } from "./findings.ts";
import { candidatesOf, RELAY_EVENTS, statusesOf, type Candidate } from "./producible.ts";
import { impossibleConditions, suspiciousFields } from "./where-warnings.ts";

const MEMBERS = ["event", "source", "provider", "account", "status"] as const;
type Member = (typeof MEMBERS)[number];

/** Shown on an account's channel only. */
const NEVER_FORWARDED = "webhook.event.created";

/** Warns of everything in the rules that can never match; `raw` has the tables of the sources. */
export function ruleWarnings(
  settings: Settings,
  raw: ReadonlyMap<string, unknown>,
  places: Places,
): readonly Finding[] {
  const candidates = candidatesOf(settings, raw);
  return settings.rules.flatMap((rule) => {
    const path = places.pathOf("RULES", rule.id);
    const globs = MEMBERS.flatMap((member) => globWarnings(rule, member, candidates, path));
    const matching = candidates.filter((candidate) => matches(rule.match, candidate));
    const where = rule.where === null ? [] : suspiciousFields(rule, matching, path);
    if (globs.length > 0) return [...globs, ...where];
    return [...deadMatch(rule, matching, path), ...where, ...deadWhere(rule, matching, path)];
  });
}

/** Warns of each glob of a member that fits nothing this configuration can produce. */
function globWarnings(
  rule: Rule,
  member: Member,
  candidates: readonly Candidate[],
  path: string,
): readonly Finding[] {
  const globs = rule.match[member] ?? [];
  return globs.flatMap((glob, index) => {
    const reason =
      member === "event" && glob === NEVER_FORWARDED
        ? "is shown on the account's channel only and never forwarded"
        : candidates.some((candidate) => fits(glob, member, candidate)) ||
            (member === "event" && RELAY_EVENTS.some((event) => globMatches(glob, event)))
          ? null
          : NOTHING[member];
    if (reason === null) return [];
    const keys = globs.length === 1 ? ["match", member] : ["match", member, index];
    return [
      { path: fieldPath(path, ...keys), message: `rule ${rule.id}: ${member} "${glob}" ${reason}` },
    ];
  });
}

const NOTHING: Readonly<Record<Member, string>> = {
  event: "is an event that no source of this configuration causes",
  source: "matches no source",
  provider: "matches the provider of no source",
  account: "matches the account of no source",
  status: "is a status that no event of this configuration shows",
};

function fits(glob: string, member: Member, { source, event }: Candidate): boolean {
  switch (member) {
    case "event":
      return globMatches(glob, event);
    case "source":
      return globMatches(glob, source.id);
    case "provider":
      return globMatches(glob, source.provider);
    case "account":
      if (source.account !== null) return globMatches(glob, source.account);
      return source.accountPrefix === null || mayBegin(glob, source.accountPrefix);
    case "status":
      return statusesOf(event).some((status) => globMatches(glob, status));
  }
}

/** True when some text that begins with `prefix` can match the glob. */
function mayBegin(glob: string, prefix: string): boolean {
  const literal = glob.split("*")[0] ?? "";
  return glob.includes("*")
    ? literal.startsWith(prefix) || prefix.startsWith(literal)
    : glob.startsWith(prefix);
}

const matches = (match: RuleMatch, candidate: Candidate): boolean =>
  MEMBERS.every((member) => match[member]?.some((glob) => fits(glob, member, candidate)) ?? true);

const namesOperations = ({ event }: RuleMatch): boolean =>
  event?.some((glob) => RELAY_EVENTS.some((name) => globMatches(glob, name))) === true;

function deadMatch(rule: Rule, matching: readonly Candidate[], path: string): readonly Finding[] {
  if (matching.length > 0 || namesOperations(rule.match)) return [];
  if (Object.keys(rule.match).length < 2) return [];
  const conditions = MEMBERS.filter((member) => rule.match[member] !== undefined);
  return [
    {
      path: fieldPath(path, "match"),
      message: `rule ${rule.id} can never match: no source has such an event with this ${conditions.join(", ")}`,
    },
  ];
}

function deadWhere(rule: Rule, matching: readonly Candidate[], path: string): readonly Finding[] {
  if (rule.where === null || matching.length === 0 || namesOperations(rule.match)) return [];
  return impossibleConditions(rule.where, matching).map(({ field, reason }) => ({
    path: fieldPath(path, "where", ...(field === null ? [] : [field])),
    message: `rule ${rule.id} can never match: ${reason}`,
  }));
}
