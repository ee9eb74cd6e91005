// What to do about a refused webhook, by the reason that the inspector shows.

/** Sentences by the beginning of a reason; the first that fits. */
const ADVICE: readonly (readonly [reason: string, advice: string])[] = [
  [
    "missing-signature",
    "The request has no signature. Set the webhook secret in the provider's dashboard, or check that the address is the right source's.",
  ],
  [
    "malformed-signature",
    "The signature is not in the form that the source's recipe names. Check `provider` and `verify` of the source.",
  ],
  [
    "wrong-secret",
    "The signature was made with another secret. Compare the provider's secret with the one that `secrets` of the source names.",
  ],
  [
    "body-changed",
    "The signature holds, but the body is another one: something on the way rewrote it.",
  ],
  [
    "wrong-issuer",
    "The token was made by or for somebody else. Check `iss` and `aud` of the recipe.",
  ],
  [
    "keys-unavailable",
    "The provider's public keys could not be read; it sends again after the 503.",
  ],
  [
    "timestamp-too-old",
    "The signed instant is too far back. Compare the clocks, or raise `tolerance`.",
  ],
  ["timestamp-too-new", "The signed instant is ahead of ours. Compare the clocks."],
  [
    "schema-mismatch",
    "The webhook was verified, but its body lacks what the provider's form asks for.",
  ],
  ["account-mismatch", "The job belongs to another account than the webhook names."],
  ["too-large", "The body is over `maxBody` of the source."],
  ["not-json", "The body is no JSON; set the provider's content type to application/json."],
  ["method", "Webhooks are posted; something asked with another method."],
];

/** A sentence about a reason. */
export const adviceForRefusal = (reason: string): string =>
  ADVICE.find(([start]) => reason.startsWith(start))?.[1] ?? "See the reason.";
