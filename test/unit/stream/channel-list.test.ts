import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { splitChannelList } from "../../../src/stream/channel-list.ts";

describe("a list of channels", () => {
  test.each<[string, string, readonly string[]]>([
    ["acme", "", []],
    ["acme", " , ,", []],
    ["acme", "exports:acme,user:acme", ["exports:acme", "user:acme"]],
    ["acme", " export.g1.job , user:acme,", ["export.g1.job", "user:acme"]],
    ["acme", "a,b", ["a", "b"]],
    ["acme", "exports:acme,news", ["exports:acme", "news"]],
    ["acme", "exports:acme,exports:globex", ["exports:acme", "exports:globex"]],
    ["acme", "export.a,b.job", ["export.a,b.job"]],
    ["acme", "export.a,b.job,exports:acme", ["export.a,b.job", "exports:acme"]],
    ["acme", "export.,.job,user:acme", ["export.,.job", "user:acme"]],
    ["acme", "export.a.job,b.job", ["export.a.job,b.job"]],
    ["acme", "export.a, b.job", ["export.a, b.job"]],
    ["acme", "export.a.job,export.b.job", ["export.a.job", "export.b.job"]],
    ["user,1", "exports:user,1,webhooks:user,1", ["exports:user,1", "webhooks:user,1"]],
    ["user,1", "exports:user,1,export.a,b.job", ["exports:user,1", "export.a,b.job"]],
    ["a,user:b", "exports:a,user:b", ["exports:a,user:b"]],
    ["a,", "user:a,,exports:a,", ["user:a,", "exports:a,"]],
    [" ", "exports: ,user: ", ["exports: ", "user: "]],
    ["a ", "exports:a , user:a ,export.g.job ", ["exports:a ", "user:a ", "export.g.job"]],
  ])("of %j that reads %j names %j", (account, list, names) => {
    expect(splitChannelList(list, account)).toEqual(names);
  });

  test("names what was joined, whatever commas the ids hold", () => {
    const id = array(oneof(constantFrom(",", " ", ".", "é"), string({ maxLength: 3 })), {
      minLength: 1,
      maxLength: 5,
    }).map((parts) => `x${parts.join("")}x`);
    assert(
      property(id, array(id, { minLength: 1, maxLength: 4 }), (account, guids) => {
        const names = [`user:${account}`, ...guids.map((guid) => `export.${guid}.job`)];
        expect(splitChannelList(names.join(","), account)).toEqual(names);
      }),
    );
  });

  test("of any length is read in bounded time", () => {
    const hostile = ["export.a.job".repeat(1), "export.a,".repeat(700)].join(",");
    expect(splitChannelList(hostile, "acme").length).toBe(701);
    expect(splitChannelList(",".repeat(20_000), "acme")).toEqual([]);
  });
});
