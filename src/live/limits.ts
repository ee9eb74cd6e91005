// How many sockets one object holds.

/**
 * Most sockets of one object: one log's viewers over WebSocket, event streams and waiting polls together. The platform stops
 * at 32,768 (Durable Objects, limits, 2026-11); ten thousand are shown an event within a second, and a token that
 * leaked cannot take more than these.
 */
export const MAX_SOCKETS = 10_000;

/** Seconds after which a refused connection may try again: long enough for others to leave, short enough for a page to wait. */
export const FULL_RETRY_SECONDS = 30;
