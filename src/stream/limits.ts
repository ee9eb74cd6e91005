// How many sockets one object holds, and how an account's viewers spread over several.

/**
 * Most sockets of a job, and most of an account's own that speak any protocol. The platform stops at 32,768 (Durable Objects, limits,
 * 2026-11); ten thousand are shown an event within a second, and a token that leaked cannot take more than these.
 */
export const MAX_SOCKETS = 10_000;

/** Sockets that an account keeps to itself before it sends newcomers to its fans: about 20 ms of sending for each event. */
export const HOME_SOCKETS = 2_000;

/** Sockets of a fan from which on another one joins it, and the most that it takes: 10 and 50 ms of sending for each event. */
export const FAN_SHARE = 1_000;
export const FAN_SOCKETS = 5_000;

/** Most fans of an account: so many calls take about 60 ms from one object. Beyond them a second level would be needed. */
export const MAX_FANS = 64;

/** Most viewers of an account, its own and its fans': half of what the fans could take, so that none of them is ever near its end. */
export const MAX_VIEWERS = 160_000;

/** Events that a fan keeps in memory, so that who comes back is not sent on to the account: a minute of four events a second. */
export const FAN_TAIL = 256;

/** Seconds after which a refused connection may try again: long enough for others to leave, short enough for a page to wait. */
export const FULL_RETRY_SECONDS = 30;
