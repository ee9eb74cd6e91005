import { describe, expect, test } from "vitest";
import { ChannelIndex } from "../../../../src/stream/sockets/channel-index.ts";

interface Person {
  readonly name: string;
  here: boolean;
}

const person = (name: string): Person => ({ name, here: true });

const empty = () =>
  new ChannelIndex<Person, { readonly channels: readonly string[] }>(({ here }) => here);

const names = (members: Iterable<readonly [Person, unknown]>): readonly string[] =>
  [...members].map(([{ name }]) => name);

describe("the members of channels", () => {
  test("are those who are on each, and everybody", () => {
    const members = empty();
    members.set(person("ann"), { channels: ["a", "b"] });
    members.set(person("bob"), { channels: ["b"] });
    members.set(person("cid"), { channels: [] });
    expect([members.on("a"), members.on("b"), members.on("c"), members.all()].map(names)).toEqual([
      ["ann"],
      ["ann", "bob"],
      [],
      ["ann", "bob", "cid"],
    ]);
  });

  test("stay where they are while the list of their channels is the same", () => {
    const members = empty();
    const channels = ["a"];
    const ann = person("ann");
    members.set(ann, { channels });
    members.set(person("bob"), { channels });
    members.set(ann, { channels });
    expect(names(members.on("a"))).toEqual(["ann", "bob"]);
  });

  test("move with their state, and are on no channel that they left", () => {
    const members = empty();
    const ann = person("ann");
    members.set(ann, { channels: ["a", "b"] });
    members.set(ann, { channels: ["b", "c"] });
    expect([members.on("a"), members.on("b"), members.on("c"), members.all()].map(names)).toEqual([
      [],
      ["ann"],
      ["ann"],
      ["ann"],
    ]);
    expect(members.size()).toEqual({ members: 1, channels: 2 });
    members.delete(ann);
    members.delete(ann);
    expect(members.size()).toEqual({ members: 0, channels: 0 });
  });

  test("are dropped, with their channels, when they are read after they left unnoticed", () => {
    const members = empty();
    const [ann, bob, cid] = [person("ann"), person("bob"), person("cid")];
    for (const each of [ann, bob, cid]) members.set(each, { channels: ["a", each.name] });
    ann.here = false;
    expect([names(members.on("a")), members.size()]).toEqual([
      ["bob", "cid"],
      { members: 2, channels: 3 },
    ]);
    bob.here = false;
    expect([names(members.all()), members.size()]).toEqual([["cid"], { members: 1, channels: 2 }]);
  });

  test("may be removed while they are iterated", () => {
    const members = empty();
    const people = ["ann", "bob", "cid"].map(person);
    for (const each of people) members.set(each, { channels: ["a"] });
    const seen: string[] = [];
    for (const [each] of members.on("a")) {
      seen.push(each.name);
      for (const other of people) members.delete(other);
    }
    expect(seen).toEqual(["ann"]);
  });

  test("that come and go unnoticed never take more memory than twice the most that were present", () => {
    const members = empty();
    const stays = person("stays");
    members.set(stays, { channels: ["quiet"] });
    let most = 0;
    for (let index = 0; index < 10_000; index += 1) {
      const visitor = person(`${index}`);
      members.set(visitor, { channels: [`channel-${index}`] });
      visitor.here = false;
      most = Math.max(most, members.size().members);
    }
    expect(most).toBeLessThanOrEqual(64);
    expect(names(members.all())).toEqual(["stays"]);
  });
});
