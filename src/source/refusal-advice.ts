// Why a webhook was refused, in a sentence, and what an operator can do about it.

/** A reason in words. */
export interface RefusalAdvice {
  readonly explanation: string;
  readonly advice: string;
}

const REFUSALS: Readonly<Record<string, RefusalAdvice>> = {
  "missing-signature": {
    explanation: "The request had no signature.",
    advice:
      "Switch signing on at the provider, or check that nothing in between removes headers. Requests of strangers look like this, too.",
  },
  "malformed-signature": {
    explanation: "The signature was not in the form that this provider uses.",
    advice: "Check that the source names the right provider, and that the request came from it.",
  },
  "wrong-secret": {
    explanation: "No secret of this source confirms the signature.",
    advice:
      "Copy the signing secret from the provider again and store it with `npx wrangler secret put`. When the provider rotates it, list the old and the new one.",
  },
  "body-changed": {
    explanation: "The signature is genuine, but the body is not the one that was signed.",
    advice: "Look for a proxy that rewrites bodies between the provider and the relay.",
  },
  "wrong-issuer": {
    explanation: "The token was made by or for somebody else.",
    advice: "Compare issuer and address in the source's settings with those at the provider.",
  },
  "keys-unavailable": {
    explanation: "The provider's public keys could not be read.",
    advice: "Check the address of the keys, if it goes on: the provider sends such webhooks again.",
  },
  "no-media-type": {
    explanation: "The request named no content type.",
    advice: "Let the sender use `content-type: application/json`.",
  },
  encoding: {
    explanation: "The body was compressed.",
    advice: "Let the sender post plain JSON, without a content encoding.",
  },
  "too-large": {
    explanation: "The body was larger than this source takes.",
    advice: "Raise `maxBody` of the source if such bodies are expected.",
  },
  overgrown: {
    explanation: "The event is larger than the relay can store.",
    advice: "Remove large fields with `redact`, or let the sender leave them out.",
  },
  empty: { explanation: "The body was empty.", advice: "Check what the sender posts." },
  "not-utf8": {
    explanation: "The body was not UTF-8.",
    advice: "Let the sender encode JSON as UTF-8.",
  },
  "not-json": {
    explanation: "The body was not JSON.",
    advice: "Check what the sender posts; forms and XML are not taken.",
  },
  "too-deep": {
    explanation: "The body was nested deeper than 64 levels.",
    advice: "Let the sender post a flatter body.",
  },
  "account-mismatch": {
    explanation: "The job belongs to another account.",
    advice: "Two accounts use the same job id. Give each a source of its own.",
  },
  misconfigured: {
    explanation: "The relay's configuration was invalid.",
    advice: "See `/healthz`. The provider sends such webhooks again.",
  },
};

const UNKNOWN: RefusalAdvice = {
  explanation: "",
  advice: "Compare the request with what the provider documents.",
};

/** `not-json` of the media type has another remedy than that of the body. */
const MEDIA_TYPE: RefusalAdvice = {
  explanation: "The content type was not a JSON one.",
  advice: "Let the sender use `content-type: application/json`.",
};

const UNSUPPORTED_MEDIA_TYPE = 415;

/** Explains the exact reason that the relay recorded. */
export function adviceForRefusal(reason: string, status: number): RefusalAdvice {
  const skew = /^timestamp-too-(old|new) by (\d+) s$/.exec(reason);
  if (skew !== null)
    return {
      explanation: `The signed time was ${skew[2]} s too ${skew[1] === "old" ? "old" : "far ahead"}.`,
      advice:
        "Let the sender set its clock, or raise `tolerance` of the source. A request that was recorded and sent again looks like this, too.",
    };
  if (reason.startsWith("schema-mismatch: "))
    return {
      explanation: `The event was malformed: ${reason.slice("schema-mismatch: ".length)}.`,
      advice:
        "Mend what is posted. If a provider posts it, `provider` is wrong or its format is new: please report it.",
    };
  if (status === UNSUPPORTED_MEDIA_TYPE && reason === "not-json") return MEDIA_TYPE;
  if (Object.hasOwn(REFUSALS, reason)) return REFUSALS[reason] ?? UNKNOWN;
  return { ...UNKNOWN, explanation: `Refused: ${reason}.` };
}
