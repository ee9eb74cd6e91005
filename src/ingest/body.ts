// What a declared length says about a body: it may refuse early, but only what was read counts.

/** True when `Content-Length` alone says that the body is over the limit; a missing or odd one says nothing. */
export const declaresTooMuch = (contentLength: string | null, maxBody: number): boolean =>
  contentLength !== null && /^\d+$/.test(contentLength) && Number(contentLength) > maxBody;
