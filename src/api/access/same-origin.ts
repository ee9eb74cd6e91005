// Whether a page of another origin may have sent a request that a cookie signs in.

/** What a browser says of where a request comes from; absent headers are `null`. */
export interface RequestOrigin {
  readonly method: string;
  readonly isUpgrade: boolean;
  readonly origin: string | null;
  /** `Sec-Fetch-Site`. */
  readonly site: string | null;
  /** The relay's own origin. */
  readonly own: string;
}

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * True where the request may act. Access signs a browser in by a cookie, which goes with requests
 * of every page; so what changes something, or opens a socket, has to come from the relay's own
 * page. Browsers name the origin of each such request; one without an origin is no browser's.
 */
export function mayAct({ method, isUpgrade, origin, site, own }: RequestOrigin): boolean {
  if (SAFE.has(method) && !isUpgrade) return true;
  if (site !== null && site !== "same-origin") return false;
  return origin === null || origin === own;
}
