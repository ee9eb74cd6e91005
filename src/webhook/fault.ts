// Why a delivery is refused.

/**
 * `secret`: none was given, or one is none. `body`: it was read or parsed before. `headers`: one is
 * missing. `timestamp`: not within five minutes of now. `signature`: of none of the secrets.
 * `event`: signed, but no event of the relay, such as a provider's body of the format `raw`.
 */
export type WebhookReason = "secret" | "body" | "headers" | "timestamp" | "signature" | "event";

/** A delivery that is refused. Its message is for the log of the receiver, not for the sender. */
export class WebhookError extends Error {
  readonly reason: WebhookReason;

  constructor(reason: WebhookReason, message: string) {
    super(`${reason}: ${message}`);
    this.name = "WebhookError";
    this.reason = reason;
  }
}

export function refuse(reason: WebhookReason, message: string): never {
  throw new WebhookError(reason, message);
}
