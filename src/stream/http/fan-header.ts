// The header by which an account sends a viewer on to one of its fans.

/** The header in which an account says over how many fans it spreads, with status 421 (RFC 9110, 15.5.20): ask another. */
export const FANS_HEADER = "x-jobrelay-fans";

/** Reads the header; 0 when there is none. */
export const fansIn = (header: string | null): number =>
  header !== null && /^\d{1,3}$/.test(header) ? Number(header) : 0;
