// W3C trace context: whether a sender's trace can be continued.

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The header's value when it is a valid version 00 (trace-context level 1, 3.2.2; ids of only zeros are invalid), else `null`. */
export function traceparentOf(header: string | null): string | null {
  const value = header?.trim() ?? "";
  return TRACEPARENT.test(value) ? value : null;
}
