// The CloudEvents abuse-protection handshake (http-webhook 1.0.2, section 4), answered to OPTIONS.

/** What the request's headers say; `null` where one is absent. */
interface HandshakeRequest {
  readonly origin: string | null;
  readonly rate: string | null;
}

/**
 * The headers of the answer. Any origin may post, because the signature decides.
 * `WebHook-Request-Callback` is never called: a stranger could choose an address for the relay to
 * fetch.
 */
export function handshake({ origin, rate }: HandshakeRequest): Readonly<Record<string, string>> {
  if (origin === null || origin === "") return { allow: "POST, OPTIONS" };
  const allowed = rate !== null && /^[1-9]\d{0,8}$/.test(rate) ? rate : "*";
  return { allow: "POST", "webhook-allowed-origin": origin, "webhook-allowed-rate": allowed };
}
