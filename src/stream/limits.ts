// How many sockets one object holds, and how the viewers of an account spread over several objects.

/**
 * Most sockets of a job, and most of an account's own, whatever protocol they speak. The platform
 * stops at 32,768 (Durable Objects, limits, 2026-11). Ten thousand are sent an event within a
 * second, and a leaked token cannot take more than these.
 */
export const MAX_SOCKETS = 10_000;

/**
 * Sockets of an account from which on new viewers go to its fans: about 20 ms of sending per event.
 */
export const HOME_SOCKETS = 2_000;

/** Sockets per fan from which on another fan is added: about 10 ms of sending per event. */
export const FAN_SHARE = 1_000;

/** Most sockets of a fan: about 50 ms of sending per event. */
export const FAN_SOCKETS = 5_000;

/** Most fans of an account: calling so many takes about 60 ms. More would need a second level. */
export const MAX_FANS = 64;

/**
 * Most viewers of an account, those of its fans included: half of what the fans could hold, so that
 * no fan comes near its own limit.
 */
export const MAX_VIEWERS = 160_000;

/**
 * Events that a fan keeps in memory, to resume clients itself: a minute of four events a second.
 */
export const FAN_TAIL = 256;

/**
 * Seconds after which a refused client may come back, where there are too many connections or the
 * configuration is broken: long enough for that to change, short enough for a page to wait.
 */
export const RETRY_AFTER_SECONDS = 30;

/**
 * Seconds after which a client may come back when the object did not answer: it restarts at once.
 */
export const RETRY_AFTER_RESTART_SECONDS = 1;
