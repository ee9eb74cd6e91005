// Why a webhook was refused, in a sentence, and what to do about it.

/** A reason in words. */
export interface Refusal {
  readonly what: string;
  readonly todo: string;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "missing-signature": {
    what: "The request had no signature.",
    todo: "Switch signing on at the provider, or check that nothing in between removes headers. Requests of strangers look like this, too.",
  },
  "malformed-signature": {
    what: "The signature was not in the form that this provider uses.",
    todo: "Check that the source names the right provider, and that the request came from it.",
  },
  "wrong-secret": {
    what: "No secret of this source confirms the signature.",
    todo: "Copy the signing secret from the provider again and store it with `npx wrangler secret put`. When the provider rotates it, list the old and the new one.",
  },
  "body-changed": {
    what: "The signature is genuine, but the body is not the one that was signed.",
    todo: "Look for a proxy that rewrites bodies between the provider and the relay.",
  },
  "wrong-issuer": {
    what: "The token was made by or for somebody else.",
    todo: "Compare issuer and address in the source’s settings with those at the provider.",
  },
  "keys-unavailable": {
    what: "The provider’s public keys could not be read.",
    todo: "Nothing, if it was short: the provider was asked to try again. Otherwise check the address of the keys.",
  },
  "no-media-type": {
    what: "The request named no content type.",
    todo: "Let the sender use `content-type: application/json`.",
  },
  encoding: {
    what: "The body was compressed.",
    todo: "Let the sender post plain JSON, without a content encoding.",
  },
  "too-large": {
    what: "The body was larger than this source takes.",
    todo: "Raise `maxBody` of the source if such bodies are expected.",
  },
  overgrown: {
    what: "The event is larger than the relay can store.",
    todo: "Remove large fields with `redact`, or let the sender leave them out.",
  },
  empty: { what: "The body was empty.", todo: "Check what the sender posts." },
  "not-utf8": { what: "The body was not UTF-8.", todo: "Let the sender encode JSON as UTF-8." },
  "not-json": {
    what: "The body was not JSON.",
    todo: "Check what the sender posts; forms and XML are not taken.",
  },
  "too-deep": {
    what: "The body was nested deeper than 64 levels.",
    todo: "Let the sender post a flatter body.",
  },
  "account-mismatch": {
    what: "The job belongs to another account.",
    todo: "Two accounts use the same job id. Give each a source of its own.",
  },
  misconfigured: {
    what: "The relay’s configuration was invalid.",
    todo: "See `/healthz` for the problems. The provider was asked to try again.",
  },
  method: { what: "The request was not a POST.", todo: "Nothing: somebody opened the address." },
};

const UNKNOWN: Refusal = {
  what: "",
  todo: "Compare the request below with what the provider documents.",
};

/** `not-json` of the media type has another remedy than that of the body. */
const MEDIA_TYPE: Refusal = {
  what: "The content type was not a JSON one.",
  todo: "Let the sender use `content-type: application/json`.",
};

const UNSUPPORTED_MEDIA_TYPE = 415;

/** Explains the exact reason that the relay recorded. */
export function refusalOf(reason: string, status: number): Refusal {
  const skew = /^timestamp-too-(old|new) by (\d+) s$/.exec(reason);
  if (skew !== null)
    return {
      what: `The signed time was ${skew[2]} s too ${skew[1] === "old" ? "old" : "far ahead"}.`,
      todo: "Let the sender set its clock, or raise `tolerance` of the source. A request that was recorded and sent again looks like this, too.",
    };
  if (reason.startsWith("schema-mismatch: "))
    return {
      what: `The event was malformed: ${reason.slice("schema-mismatch: ".length)}.`,
      todo: "Check that the source names the right provider. If it does, its format has changed: please report it.",
    };
  if (status === UNSUPPORTED_MEDIA_TYPE && reason === "not-json") return MEDIA_TYPE;
  return REFUSALS[reason] ?? { ...UNKNOWN, what: `Refused: ${reason}.` };
}
