// Refused requests that a source keeps whole, one row each.

import type { Millis } from "../kernel/time.ts";
import type { Kept, KeptAnswer, KeptRequest, Rejection } from "../model/messages.ts";
import { keepingOf, type KeptSize } from "./kept.ts";

type Row = {
  readonly answer: string | null;
  readonly rejection: string;
  readonly url: string;
  readonly headers: string;
  readonly body: ArrayBuffer;
};

/** Reads and writes the table `kept`, which the source's store has made. */
export class KeptStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Keeps a request where there is room today; the bytes that are left afterwards. */
  put({ url, headers, body, rejection }: KeptRequest, now: Millis): number {
    const { room, leaving } = keepingOf(this.#sizes("answer IS NULL"), now);
    const texts = JSON.stringify(headers);
    const bytes = body.byteLength + texts.length + url.length;
    if (rejection.n === undefined || bytes > room) return room;
    const { leaving: answered } = keepingOf(this.#sizes("answer IS NOT NULL"), now);
    for (const n of [...leaving, ...answered]) this.#sql.exec("DELETE FROM kept WHERE n = ?", n);
    this.#sql.exec(
      `INSERT OR IGNORE INTO kept (n, at, bytes, rejection, url, headers, body)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      rejection.n,
      now,
      bytes,
      JSON.stringify(rejection),
      url,
      texts,
      body,
    );
    return room - bytes;
  }

  /** A kept request, or the answer that it got; `null` when there is none of this number. */
  get(n: number): Kept | null {
    const [row] = this.#sql
      .exec<Row>("SELECT answer, rejection, url, headers, body FROM kept WHERE n = ?", n)
      .toArray();
    if (row === undefined) return null;
    if (row.answer !== null) return { answer: JSON.parse(row.answer) as KeptAnswer };
    return {
      request: {
        url: row.url,
        headers: JSON.parse(row.headers) as KeptRequest["headers"],
        body: new Uint8Array(row.body),
        rejection: JSON.parse(row.rejection) as Rejection,
      },
    };
  }

  /** How the inspector shows what is kept. */
  rejections(): readonly Rejection[] {
    return this.#sql
      .exec<Pick<Row, "rejection">>("SELECT rejection FROM kept WHERE answer IS NULL")
      .toArray()
      .map(({ rejection }) => ({ ...(JSON.parse(rejection) as Rejection), kept: true }));
  }

  /** Lets the content of a request go, and keeps the first answer in its place. */
  release(n: number, answer: KeptAnswer): void {
    this.#sql.exec(
      `UPDATE kept SET answer = ?, bytes = 0, rejection = '{}', url = '', headers = '[]', body = x''
       WHERE n = ? AND answer IS NULL`,
      JSON.stringify(answer),
      n,
    );
  }

  #sizes(which: "answer IS NULL" | "answer IS NOT NULL"): readonly KeptSize[] {
    return this.#sql
      .exec<KeptSize & Record<string, number>>(`SELECT n, at, bytes FROM kept WHERE ${which}`)
      .toArray();
  }
}
