// What a Worker is built with of pbf does what the package does.

import { join } from "node:path";
import * as fc from "fast-check";
import * as library from "pbf";
import { describe, expect, test } from "vitest";
import { calledAlone } from "../../../../src/build/protobuf.ts";

const built = (await import(join(import.meta.dirname, "../../../../dist/pbf.js"))) as Pick<
  typeof library,
  "PbfReader" | "PbfWriter"
>;

type Pbf = typeof built;

/** Numbers as they stand in messages, those of more than 32 bits included. */
const numbers = fc.array(fc.oneof(fc.nat(300), fc.maxSafeInteger()), { maxLength: 40 });

/** A message that holds numbers, bytes and a message of the same, three deep. */
function written({ PbfWriter }: Pbf, values: readonly number[], bytes: Uint8Array): Uint8Array {
  const writer = new PbfWriter();
  const write = (depth: number, to: library.PbfWriter): void => {
    for (const value of values) to.writeVarint(value);
    to.writeTag(4, 2);
    to.writeBytes(bytes);
    if (depth > 0) to.writeMessage(7, write, depth - 1);
  };
  writer.writeRawMessage(write, 3);
  return writer.finish();
}

/** Where each value of some bytes ends, and what it is, up to the one that cannot be read. */
function readings({ PbfReader }: Pbf, bytes: Uint8Array): readonly unknown[] {
  const found: unknown[] = [];
  const reader = new PbfReader(bytes);
  try {
    while (reader.pos < bytes.length) {
      const tag = reader.readVarint();
      found.push(tag, reader.readVarint(true), reader.pos);
      reader.skip(tag % 8);
    }
  } catch (error) {
    found.push(String(error));
  }
  return [...found, reader.pos];
}

describe("the built parts of pbf", () => {
  test("write what the package writes", () => {
    fc.assert(
      fc.property(numbers, fc.uint8Array({ maxLength: 400 }), (values, bytes) => {
        expect(written(built, values, bytes)).toEqual(written(library, values, bytes));
      }),
    );
  });

  test("read what the package reads, of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(readings(built, bytes)).toEqual(readings(library, bytes));
      }),
    );
  });
});

test("a package that is written otherwise is not built", () => {
  expect(() => calledAlone("export class PbfReader {\n}\n")).toThrow(
    "pbf is written otherwise: no constructor, finish, readVarint",
  );
});
