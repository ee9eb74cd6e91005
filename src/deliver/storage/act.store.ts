// What operators have asked for, so that a request that is sent again acts once.

import { DAY, type Millis } from "../../kernel/time.ts";

/** Longer than an idempotency key is kept: no request under it comes later. */
const ACT_KEPT: Millis = 2 * DAY;

/** Which act, when; `did` tells an answer of something done from a refusal. */
interface ActOptions<T> {
  readonly id: string | undefined;
  readonly now: Millis;
  readonly did: (answer: T) => boolean;
}

/**
 * Acts by id, each with its answer. An act and its note are written in one turn, so a crash leaves
 * both or none. Where a full disk takes the act alone, a repetition acts again.
 */
export class Acts {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Answers as the first time under this id; otherwise acts, and notes an answer that says that
   * something was done.
   */
  once<T>({ id, now, did }: ActOptions<T>, act: () => T): T {
    if (id === undefined) return act();
    const known = this.#sql
      .exec<{ answer: string }>("SELECT answer FROM act WHERE id = ?", id)
      .toArray()[0];
    if (known !== undefined) return JSON.parse(known.answer) as T;
    const answer = act();
    if (!did(answer)) return answer;
    this.#sql.exec("DELETE FROM act WHERE at < ?", now - ACT_KEPT);
    this.#sql.exec("INSERT INTO act VALUES (?, ?, ?)", id, now, JSON.stringify(answer));
    return answer;
  }
}
