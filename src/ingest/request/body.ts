// What a declared length says about a body: it may refuse early, but only what was read counts.

/** True when `Content-Length` alone says that the body is over the limit; a missing or odd one says nothing. */
export const declaresTooMuch = (contentLength: string | null, maxBody: number): boolean =>
  contentLength !== null && /^\d+$/.test(contentLength) && Number(contentLength) > maxBody;

/** True when the body's length is declared and nothing says that it comes in chunks all the same. */
export const declaresEnough = (headers: Headers): boolean =>
  /^\d+$/.test(headers.get("content-length") ?? "") && headers.get("transfer-encoding") === null;
