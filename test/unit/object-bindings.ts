// The bindings that every configuration needs, for environments in plain Node that call no object.

/** One empty binding for each class of objects. */
export const OBJECT_BINDINGS = {
  JOB: {},
  ACCOUNT: {},
  FAN: {},
  SUBSCRIBER: {},
  CORRELATION: {},
  SOURCE: {},
} as const;
