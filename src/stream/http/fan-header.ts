// The header by which an account refers a viewer to its fans.

/**
 * How many fans an account has; sent with status 421 (RFC 9110, 15.5.20), which asks for another
 * server.
 */
export const FANS_HEADER = "x-jobrelay-fans";

/** Reads the header; 0 when there is none. */
export const fansIn = (header: string | null): number =>
  header !== null && /^\d{1,3}$/.test(header) ? Number(header) : 0;
