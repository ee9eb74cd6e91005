// Counts log lines by their level and name without keeping them.

/** Lines and bytes since they were last taken away. */
interface LogCounts {
  readonly lines: number;
  readonly bytes: number;
  readonly byName: Readonly<Record<string, number>>;
  /** The first lines that are not JSON of ours. */
  readonly other: readonly string[];
}

/** Lines that are shown as they are, at most. */
const MAX_OTHER = 5;

export class LogCount {
  #pending = "";
  #lines = 0;
  #bytes = 0;
  #byName: Record<string, number> = {};
  #other: string[] = [];

  add(text: string): void {
    this.#bytes += Buffer.byteLength(text);
    const lines = (this.#pending + text).split("\n");
    this.#pending = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") continue;
      this.#lines += 1;
      const name = /"event":"([a-z_.]+)"/.exec(line)?.[1];
      if (name === undefined) {
        if (this.#other.length < MAX_OTHER) this.#other.push(line.slice(0, 300));
      } else this.#byName[name] = (this.#byName[name] ?? 0) + 1;
    }
  }

  take(): LogCounts {
    const counts = {
      lines: this.#lines,
      bytes: this.#bytes,
      byName: this.#byName,
      other: this.#other,
    };
    [this.#lines, this.#bytes, this.#byName, this.#other] = [0, 0, {}, []];
    return counts;
  }
}
