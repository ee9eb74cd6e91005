// How long the ids of jobs and accounts are, so that every one that is accepted can be addressed.

/**
 * Longest id of a job or account, in UTF-16 units: at most 765 bytes of UTF-8. The name of a job's
 * object has a source's id and a slash before it, and stays under the 1,024 bytes up to which an
 * object knows its own name (Durable Objects, 2026-03).
 */
export const MAX_ID = 255;

/** True for a text that is short enough to be the id of a job or account, and not empty. */
export const isIdLength = (id: string): boolean => id !== "" && id.length <= MAX_ID;
