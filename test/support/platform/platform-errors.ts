// The errors that the platform documents (Durable Objects, error handling and troubleshooting;
// Queues; R2 error codes; Workers errors; 2026-11), with the flags that they carry.

/** Where an error comes from, and so where it can come. */
export type Origin = "object" | "storage" | "fetch" | "queue" | "bucket";

/** An error of the platform. */
export interface PlatformError {
  readonly text: string;
  readonly origin: Origin;
  readonly retryable?: true;
  readonly overloaded?: true;
  /** True where the error was thrown at the other end. */
  readonly remote?: true;
}

const OVERLOADED = { origin: "object", overloaded: true } as const;
const RETRYABLE = { origin: "object", retryable: true } as const;

/** All of them. */
export const PLATFORM_ERRORS: readonly PlatformError[] = [
  { text: "Durable Object is overloaded. Too many requests queued.", ...OVERLOADED },
  { text: "Durable Object is overloaded. Too much data queued.", ...OVERLOADED },
  {
    text: "Durable Object is overloaded. Requests queued for too long.",
    ...OVERLOADED,
    retryable: true,
  },
  {
    text: "Durable Object is overloaded. Too many requests for the same object within a 10 second window.",
    ...OVERLOADED,
    retryable: true,
  },
  {
    text: "Your account is generating too much load on Durable Objects. Please back off and try again later.",
    ...OVERLOADED,
  },
  {
    text: "Durable Object's isolate exceeded its memory limit and was reset.",
    ...OVERLOADED,
    remote: true,
  },
  { text: "Durable Object exceeded its CPU time limit and was reset.", origin: "object" },
  { text: "Durable Object reset because its code was updated.", ...RETRYABLE, remote: true },
  { text: "Network connection lost.", ...RETRYABLE },
  { text: "Cannot resolve Durable Object due to transient issue on remote node.", ...RETRYABLE },
  {
    text: "Durable Object storage operation exceeded timeout which caused object to be reset.",
    ...RETRYABLE,
    remote: true,
  },
  {
    text: "Internal error while starting up Durable Object storage caused object to be reset.",
    ...RETRYABLE,
    remote: true,
  },
  {
    text: "Cannot access storage because object has moved to a different machine.",
    ...RETRYABLE,
    remote: true,
  },
  { text: "internal error; reference = 0123456789abcdefghijklmn", origin: "object" },
  { text: "internal error", origin: "object", remote: true },
  {
    text: "Subrequest depth limit exceeded. This request recursed through Workers too many times.",
    origin: "object",
  },
  { text: "Too many subrequests by single Worker invocation.", origin: "object" },
  {
    text: "The execution context responsible for calling this function is not running.",
    origin: "object",
  },
  { text: "database or disk is full: SQLITE_FULL", origin: "storage" },
  { text: "out of memory: SQLITE_NOMEM", origin: "storage" },
  { text: "disk I/O error: SQLITE_IOERR", origin: "storage" },
  { text: "database is locked: SQLITE_BUSY", origin: "storage" },
  { text: "database disk image is malformed: SQLITE_CORRUPT", origin: "storage" },
  { text: "The storage operation was aborted.", origin: "storage" },
  { text: "Network connection lost.", origin: "fetch", retryable: true },
  { text: "internal error; reference = 0123456789abcdefghijklmn", origin: "fetch" },
  { text: "Too many subrequests by single Worker invocation.", origin: "fetch" },
  { text: "Worker exceeded CPU time limit.", origin: "fetch", remote: true },
  { text: "Worker exceeded memory limit.", origin: "fetch", remote: true },
  { text: "The script will never generate a response.", origin: "fetch", remote: true },
  { text: "Queue send failed: Too Many Requests", origin: "queue" },
  { text: "Queue send failed: Internal Server Error", origin: "queue" },
  { text: "Queue is overloaded. Please back off.", origin: "queue", overloaded: true },
  { text: "put: We encountered an internal error. Please try again. (10001)", origin: "bucket" },
  { text: "head: Reduce your request rate for the same object. (10058)", origin: "bucket" },
  { text: "put: Your request was throttled. (10043)", origin: "bucket" },
];

/** Those of some origins. */
export const platformErrors = (...origins: readonly Origin[]): readonly PlatformError[] =>
  PLATFORM_ERRORS.filter(({ origin }) => origins.includes(origin));

/** The error as it is thrown. */
export const thrownAs = ({ text, retryable, overloaded, remote }: PlatformError): Error =>
  Object.assign(new Error(text), {
    ...(retryable === undefined ? {} : { retryable }),
    ...(overloaded === undefined ? {} : { overloaded }),
    ...(remote === undefined ? {} : { remote }),
  });
