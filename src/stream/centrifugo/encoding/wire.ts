// What Protobuf messages are made of (protobuf.dev, "Encoding"): varints, and bytes behind their
// length.

/** The wire types. Groups are not read: nobody writes them. */
export const WIRE = { varint: 0, eightBytes: 1, bytes: 2, fourBytes: 5 } as const;

/** Thrown for what is no Protobuf. */
export class Malformed extends Error {}

/** Bits of a number in a byte of a varint; the eighth says that another one follows. */
const BITS = 7;
const NUMBER = 0x7f;
const MORE = 0x80;

/** Numbers have 64 bits, in at most 10 bytes. */
const MAX_BITS = 64;
const HALF = 32;
const HALVES = 2 ** HALF;

/** Reads from the start of some bytes on. */
export class WireReader {
  readonly #bytes: Uint8Array;
  /** Where it goes on. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads a number of 64 bits; beyond 2^53 it is rounded. */
  varint(isSigned = false): number {
    let [low, high] = [0, 0];
    for (let shift = 0; shift < MAX_BITS; shift += BITS) {
      const byte = this.#bytes[this.at];
      if (byte === undefined) break;
      this.at += 1;
      const bits = byte & NUMBER;
      if (shift < HALF) low |= bits << shift;
      // The fifth byte has bits of both halves.
      if (shift + BITS > HALF)
        high |= shift < HALF ? bits >> (HALF - shift) : bits << (shift - HALF);
      if (byte < MORE) return (isSigned ? high : high >>> 0) * HALVES + (low >>> 0);
    }
    throw new Malformed();
  }

  /** Reads the length of what follows, and answers where it ends: at `limit` at the latest. */
  end(limit: number): number {
    const length = this.varint();
    const end = this.at + length;
    if (end > limit) throw new Malformed();
    return end;
  }

  /** Takes the bytes up to there. */
  until(end: number): Uint8Array {
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** Passes over a value in a message that ends at `end`. */
  skip(wire: number, end: number): void {
    if (wire === WIRE.varint) this.varint();
    else if (wire === WIRE.bytes) this.at = this.end(end);
    else if (wire === WIRE.eightBytes) this.at += 8;
    else if (wire === WIRE.fourBytes) this.at += 4;
    else throw new Malformed();
  }
}

/** Bytes of a varint. */
function sizeOf(value: number): number {
  let size = 1;
  for (let rest = value; rest >= MORE; rest /= MORE) size += 1;
  return size;
}

/** Room at the start, in bytes: enough for most replies. */
const FIRST_ROOM = 256;

/** Writes into bytes that grow. */
export class WireWriter {
  #bytes = new Uint8Array(FIRST_ROOM);
  #length = 0;

  /** Makes room for so many more bytes. */
  #grow(size: number): void {
    const least = this.#length + size;
    if (least <= this.#bytes.length) return;
    const larger = new Uint8Array(least * 2);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  /** Writes a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#grow(MAX_VARINT);
    let rest = value;
    for (; rest >= MORE; rest = Math.floor(rest / MORE))
      this.#bytes[this.#length++] = (rest % MORE) | MORE;
    this.#bytes[this.#length++] = rest;
  }

  /** Writes a field's number and its type. */
  tag(number: number, wire: number): void {
    this.varint(number * 8 + wire);
  }

  /** Writes bytes behind their length. */
  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes what `write` writes behind its length. */
  sized(write: () => void): void {
    const start = this.#length;
    write();
    const end = this.#length;
    const before = sizeOf(end - start);
    this.#grow(before);
    this.#bytes.copyWithin(start + before, start, end);
    this.#length = start;
    this.varint(end - start);
    this.#length = end + before;
  }

  /** All that was written. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** Bytes of the longest varint that is written. */
const MAX_VARINT = 8;
