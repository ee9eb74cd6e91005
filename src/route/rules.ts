// Which subscribers get an event, and why: `route` and `explain` evaluate the rules alike.

import { compileWhere, type Matcher } from "../config/where.ts";
import type { Format, Rule, RuleMatch, Settings } from "../config/settings.ts";
import {
  EVENTS_WITH_FILE,
  isJobEvent,
  isOperational,
  isTypedMessage,
  nameOf,
  type OperationalEnvelope,
  type RelayEvent,
} from "../model/event.ts";
import { globMatches } from "./glob.ts";

/** What a rule says about an event; `why` names the first member that does not match. */
export interface RuleResult {
  readonly id: string;
  readonly matches: boolean;
  readonly why: string;
}

/** The answer of `POST /v1/rules/simulate`. */
export interface Explanation {
  readonly rules: readonly RuleResult[];
  readonly deliveries: readonly { readonly subscriber: string; readonly format: Format }[];
}

/**
 * Ids of the subscribers that get the event, each once, in configuration order. Without any rule
 * every subscriber gets it.
 */
export function route(event: RelayEvent, provider: string, settings: Settings): readonly string[] {
  return evaluate(event, provider, settings).subscribers;
}

/** What every rule says about the event, and the deliveries that follow. */
export function explain(event: RelayEvent, provider: string, settings: Settings): Explanation {
  const { results, subscribers } = evaluate(event, provider, settings);
  const deliveries = [...settings.subscribers.values()]
    .filter(({ id }) => subscribers.includes(id))
    .map(({ id, format }) => ({ subscriber: id, format }));
  return { rules: results, deliveries };
}

/**
 * Shown on the account's channel only: a subscriber that got one for each
 * attempt would cause the next.
 */
const NEVER_FORWARDED = "webhook.event.created";

interface Evaluation {
  readonly results: readonly RuleResult[];
  readonly subscribers: readonly string[];
}

function evaluate(event: RelayEvent, provider: string, settings: Settings): Evaluation {
  if (nameOf(event) === NEVER_FORWARDED) {
    const why = `event "${NEVER_FORWARDED}" is never forwarded to subscribers`;
    return {
      results: settings.rules.map((rule) => ({ id: rule.id, matches: false, why })),
      subscribers: [],
    };
  }
  const subject = subjectOf(event, provider);
  const results = settings.rules.map((rule) => {
    const mismatch = mismatchOf(rule, subject, event);
    return { id: rule.id, matches: mismatch === null, why: mismatch ?? "matches" };
  });
  const wanted = new Set(
    settings.rules.flatMap((rule, index) => (results[index]?.matches === true ? rule.to : [])),
  );
  if (isOperational(event))
    return { results, subscribers: operationalTakers(event, wanted, settings) };
  const noRules = settings.rules.length === 0;
  const takers = [...settings.subscribers.values()]
    .filter(({ id }) => noRules || wanted.has(id))
    .filter(({ target }) => target.kind !== "archive" || canCarryFile(event));
  return { results, subscribers: takers.map(({ id }) => id) };
}

/** An archive gets no event that can never carry a file: it would only be cancelled. */
const canCarryFile = (event: RelayEvent): boolean =>
  !isJobEvent(event) || EVENTS_WITH_FILE.has(event.event);

/**
 * An operational event never goes to the subscriber that it is about, nor to an archive, and no
 * default rule forwards it.
 */
function operationalTakers(
  { event, guid }: OperationalEnvelope,
  wanted: ReadonlySet<string>,
  settings: Settings,
): readonly string[] {
  const about = event.startsWith("relay.subscriber.") ? guid : null;
  return [...settings.subscribers.values()]
    .filter(({ id, target }) => wanted.has(id) && id !== about && target.kind !== "archive")
    .map(({ id }) => id);
}

/** How a glob begins that names operational events: "*" alone does not stand for them. */
const OPERATIONAL = "relay.";

const MEMBERS = ["event", "source", "provider", "account", "status"] as const;

/** The values of an event that `match` looks at; `undefined` where the event has none. */
type Subject = Readonly<Record<keyof RuleMatch, string | undefined>>;

function subjectOf(event: RelayEvent, provider: string): Subject {
  const name = nameOf(event);
  // The provider's own message may carry a `status`, but it is not one of ours.
  const status = isTypedMessage(event) ? undefined : event.status;
  return {
    event: name,
    source: event.source,
    provider,
    account: event.account,
    status: typeof status === "string" ? status : undefined,
  };
}

/** Why the rule does not match, as a sentence; `null` when it does. */
function mismatchOf(rule: Rule, subject: Subject, event: RelayEvent): string | null {
  if (isOperational(event) && !rule.match.event?.some((glob) => glob.startsWith(OPERATIONAL)))
    return `event ${JSON.stringify(event.event)} needs a rule whose event begins with "${OPERATIONAL}"`;
  for (const member of MEMBERS) {
    const globs = rule.match[member];
    if (globs === undefined) continue;
    const value = subject[member];
    if (value === undefined) return `the event has no ${member}`;
    if (!globs.some((glob) => globMatches(glob, value)))
      return `${member} ${JSON.stringify(value)} is not ${listed(globs)}`;
  }
  return rule.where === null ? null : whereMismatch(rule, event);
}

const listed = (globs: readonly string[]): string =>
  globs.length === 1 ? `${globs[0]}` : `one of ${globs.join(", ")}`;

function whereMismatch(rule: Rule, event: RelayEvent): string | null {
  const matcher = matcherOf(rule);
  if (matcher === null) return "where is not a valid filter";
  try {
    return matcher(event) ? null : "where does not hold";
  } catch {
    // A filter never fails an event: what strangers send may have any shape.
    return "where cannot be evaluated on this event";
  }
}

const matchers = new WeakMap<Rule, Matcher | null>();

/** Compiled once per rule: rules live as long as the isolate's settings. */
function matcherOf(rule: Rule): Matcher | null {
  const known = matchers.get(rule);
  if (known !== undefined) return known;
  const compiled = compileWhere(rule.where, "where");
  const matcher = compiled.ok ? compiled.value : null;
  matchers.set(rule, matcher);
  return matcher;
}
