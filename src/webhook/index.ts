// Receives deliveries of a relay: proves where they come from and returns typed events. It needs
// WebCrypto only, so it runs in Workers, Node, Deno, Bun and Next.js.

export type {
  AttemptEnvelope,
  JobEnvelope,
  JobEvent,
  SubscriptionMessage,
} from "../model/event.ts";
export type { JobEventOf, OperationalEnvelope, OperationalEvent } from "../model/event-of.ts";
export type { HeaderSource, WebhookEvent, WebhookRequest } from "./message.ts";
export { WebhookError, type WebhookReason } from "./fault.ts";
export { unwrap } from "./unwrap.io.ts";
