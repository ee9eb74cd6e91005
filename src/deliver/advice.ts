// What an operator can do about a subscriber, in a sentence, for the API and all that use it.

import type { DisableReason, Health } from "./retry/breaker.ts";

/** What is known of a subscriber's trouble. */
export interface Trouble {
  readonly state: Health["state"];
  /** Why it is disabled. */
  readonly reason: DisableReason | null;
  readonly dead: number;
  /** `null` where it took deliveries since. */
  readonly lastFailure: { readonly status: number | null; readonly error: string | null } | null;
}

const THEN_RESUME = "Then resume it: what was held leaves by itself.";

const DISABLED: Readonly<Record<DisableReason, string>> = {
  gone: "It answered 410: this address takes nothing any more. Ask its owner for the new one and put it into `url`.",
  asked: "Its answer asked the relay to stop. Ask its owner why.",
  failing: "It failed for five days. Mend it.",
};

const TOO_LONG = "It took too long. Let it answer first and work afterwards, or raise `timeout`.";
const NO_CERTIFICATE = "Its certificate is not valid.";
const NO_HOST = "Its host name leads nowhere. Compare `url`.";

/** Answers by their status; the first range that fits. */
const STATUSES: readonly (readonly [from: number, to: number, advice: string])[] = [
  [300, 399, "It redirects, which is not followed. Put the address that it names into `url`."],
  [
    401,
    403,
    "It refuses the signature. Compare the secret that it verifies with and the one that `secrets` of the subscriber names.",
  ],
  [404, 405, "Nothing takes deliveries at its address. Compare `url`."],
  [408, 408, TOO_LONG],
  [413, 413, "It takes no body of this size. Raise its limit, or remove fields with `redact`."],
  [429, 429, "It gets more than it wants. Lower `rate` or `concurrency` of the subscriber."],
  [400, 499, "It refuses what it is sent. Its answer in a delivery says why."],
  [521, 524, "Cloudflare cannot reach its server. Look there first."],
  [525, 526, NO_CERTIFICATE],
  [530, 530, NO_HOST],
  [500, 599, "Its server fails. Its own log says why."],
];

/** Attempts without an answer, by the beginning of their error. */
const ERRORS: ReadonlyMap<string, string> = new Map([
  ["timeout", TOO_LONG],
  ["refused", "Nothing listens at its address. Is it running?"],
  ["reset", "It closes connections without an answer. Its own log may say why."],
  ["tls", NO_CERTIFICATE],
  ["dns", NO_HOST],
]);

const NO_ANSWER = "It cannot be reached: compare host name, port and certificate of `url`.";

function aboutFailure({ status, error }: NonNullable<Trouble["lastFailure"]>): string {
  if (status === null) return ERRORS.get(/^\w+/.exec(error ?? "")?.[0] ?? "") ?? NO_ANSWER;
  return STATUSES.find(([from, to]) => status >= from && status <= to)?.[2] ?? NO_ANSWER;
}

/** What to do; `null` where nobody is needed. */
export function adviceFor({ state, reason, dead, lastFailure }: Trouble): string | null {
  const replay = dead === 0 ? [] : ["Once it works, replay the dead deliveries."];
  const failure = lastFailure === null ? [] : [aboutFailure(lastFailure)];
  switch (state) {
    case "disabled":
      return [reason === null ? "It is disabled." : DISABLED[reason], THEN_RESUME, ...replay].join(
        " ",
      );
    case "paused":
      return "Resume it, and what was held leaves by itself.";
    case "probing":
      return [
        ...failure,
        "What is held leaves by itself once it takes one, or at once when you resume it.",
        ...replay,
      ].join(" ");
    case "active":
      if (dead === 0) return null;
      return lastFailure === null
        ? "Read why the dead deliveries failed, then replay them."
        : [...failure, ...replay].join(" ");
  }
}
