// Expected failures as values: a decision that can fail returns one of these instead of throwing.

/** Success with a value. */
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

/** Failure with a tagged fault. */
export interface Fault<E> {
  readonly ok: false;
  readonly fault: E;
}

/** Either a value or a fault; narrow on `ok`. */
export type Result<T, E> = Ok<T> | Fault<E>;

/** Wraps a value. */
export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });

/** Wraps a fault. */
export const fault = <E>(reason: E): Fault<E> => ({ ok: false, fault: reason });
