import { describe, expect, test } from "vitest";
import {
  MAX_HEADER_CHARS,
  MAX_PARTS,
  MAX_SIGNATURES,
  parseLayout,
  scanHeader,
  writeHeader,
  type Layout,
} from "../../../../src/ingest/recipe/layout.ts";

function layout(text: string): Layout {
  const parsed = parseLayout(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.value;
}

/** What a header holds, as `slot=text` in order of slots. */
function found(template: string, value: string): readonly string[] | null {
  const scanned = scanHeader(layout(template), value);
  if (scanned === null) return null;
  return (["sig", "t", "id", "token"] as const).flatMap((slot) =>
    scanned[slot].map((text) => `${slot}=${text}`),
  );
}

test.each([
  ["{sig}", "abc", ["sig=abc"]],
  ["{sig}", "  abc ", ["sig=abc"]],
  ["{sig}", "abc, def", ["sig=abc", "sig=def"]],
  ["{sig}", "abc def;ghi", ["sig=abc", "sig=def", "sig=ghi"]],
  ["{sig}", "a+/=,b==", ["sig=a+/=", "sig=b=="]],
  ["sha256={sig}", "sha256=abc", ["sig=abc"]],
  ["sha256={sig}", "sha256=", ["sig="]],
  ["sha256={sig}", "SHA256=abc", []],
  ["sha256={sig}", "abc", []],
  ["sha256={sig}", "sha1=abc,sha256=def", ["sig=def"]],
  ["v1={sig}", "v1=a,v1=b,v2=c", ["sig=a", "sig=b"]],
  ["v1,{sig}", "v1,a= v1a,b v1,c=", ["sig=a=", "sig=c="]],
  ["v1,{sig}", "v1,a=, v1,b=", ["sig=a=", "sig=b="]],
  ["v1a,{sig}", "v1,a v1a,b", ["sig=b"]],
  ["t={t},v1={sig}", "t=1,v1=a", ["sig=a", "t=1"]],
  ["t={t},v1={sig}", " v1=a , t=1 ", ["sig=a", "t=1"]],
  ["t={t},v1={sig}", "t=1,v1=a,v1=b,v0=c,scheme", ["sig=a", "sig=b", "t=1"]],
  ["t={t},v1={sig}", "t=1,t=2,v1=a", ["sig=a", "t=1", "t=2"]],
  ["t={t},v1={sig}", ",,,t=1,,v1=a,", ["sig=a", "t=1"]],
  ["t={t},v1={sig}", "t=1;v1=a", ["t=1;v1=a"]],
  ["ts={t};h1={sig}", "ts=1;h1=a", ["sig=a", "t=1"]],
  ["t={t},s={sig}", "t=1,s2=x,s=a", ["sig=a", "t=1"]],
  ["t={t} s={sig}", "t=1\ts=a", ["sig=a", "t=1"]],
  ['keyId="{id}",signature="{sig}"', 'keyId="k",signature="a"', ["sig=a", "id=k"]],
  ["{t}.{sig}", "1.abc", ["sig=abc", "t=1"]],
  ["{t}.{sig}", "1.abc 2.def", ["sig=abc", "sig=def", "t=1", "t=2"]],
  ["{t}.{sig}", "1", []],
  ["{id}:{t}:{sig}", "x:1:abc", ["sig=abc", "t=1", "id=x"]],
  ["{id}:{t}:{sig}", "x:1", []],
  ["<{t}|{sig}>", "<1|abc>", ["sig=abc", "t=1"]],
  ["{t},{sig}", "1,abc", ["sig=abc", "t=1"]],
  ["<{sig}>", "<abc>", ["sig=abc"]],
  ["<{t}|{sig}>", "1|abc>", []],
  ["<{t}|{sig}>", "<1|abc", []],
  ["t={t}, v1={sig}", "t=1, v1=a", ["sig=a", "t=1"]],
  ["t={t}.v={sig}", "t=1.v=a", ["sig=a", "t=1"]],
  ["{t},v1={sig}", "1,v1=a", ["sig=a", "t=1"]],
  ["{t},v1={sig}", "v1=a,1", []],
  [" {t},s={sig}", "1,s=a", []],
  ["{t}.{sig}", ".abc", ["sig=abc", "t="]],
  ["{t}.{sig}", "1.abc,2.def", ["sig=abc", "sig=def", "t=1", "t=2"]],
  ["a={t},b={id};s={sig}", "a=1,b=x;s=q", ["sig=q", "t=1", "id=x"]],
  ["v1={sig},t={t}", "v1=a\tb,t=1", ["sig=a\tb", "t=1"]],
  ["ts={t};h1={sig}", "ts=1 ,;h1=a", ["sig=a", "t=1"]],
  ["s={sig},s=x{id}", "s=xabc,s=q", ["sig=q", "id=abc"]],
  ["s=x{id},s={sig}", "s=xabc,s=q", ["sig=q", "id=abc"]],
  ['s="{sig}"', 's="', []],
  ["Bearer {token}", " Bearer abc ", ["token=abc"]],
  ["{token}", "a, b; c", ["token=a, b; c"]],
  ["Bearer {token}", "bearer  abc", ["token=abc"]],
  ["Bearer {token}", "Basic abc", []],
  ["Bearer {token}", "Bearer", []],
])("%s reads %j", (template, value, expected) => {
  expect(found(template, value)).toEqual(expected);
});

test.each([
  ["", "must have exactly one of {sig} and {token}"],
  ["{t}", "must have exactly one of {sig} and {token}"],
  ["{sig},{token}", "must have exactly one of {sig} and {token}"],
  ["{sig}{sig}", "must have exactly one of {sig} and {token}"],
  ["a={t},b={t},c={sig}", "must not have a part twice"],
  ["t={t},a={token}", "must have {token} alone"],
  ["{t}{sig}", "must have some text between two parts"],
  ["v={t},v={sig}", "must not give two parts one prefix"],
  ["{Sig}", "knows only the parts {sig}, {t}, {id} and {token}"],
  ["{sigx", "knows only the parts {sig}, {t}, {id} and {token}"],
  ["{sig", "knows only the parts {sig}, {t}, {id} and {token}"],
  ["{__proto__},{sig}", "knows only the parts {sig}, {t}, {id} and {token}"],
  ["}{sig}", "must be printable ASCII, with no other braces than those of its parts"],
  ["é={sig}", "must be printable ASCII, with no other braces than those of its parts"],
  ["a\r\nb={sig}", "must be printable ASCII, with no other braces than those of its parts"],
])("%j is no layout: it %s", (text, message) => {
  expect(parseLayout(text)).toEqual({ ok: false, fault: message });
});

test.each([
  ["{sig}", "abc"],
  ["sha256={sig}", "sha256=abc"],
  ["t={t},v1={sig}", "t=1,v1=abc"],
  ["t={t} v1={sig}", "t=1 v1=abc"],
  ['id="{id}";sig="{sig}"', 'id="x";sig="abc"'],
  ["{t}.{sig}", "1.abc"],
  ["v1,{sig}", "v1,abc"],
  ["a={t},b={id};s={sig}", "a=1,b=x,s=abc"],
])("%s writes %s", (template, written) => {
  expect(writeHeader(layout(template), { sig: "abc", t: "1", id: "x" })).toBe(written);
});

test.each([
  ["t={t},v1={sig}", "t=,v1=abc"],
  ["{t}.{sig}", ".abc"],
])("%s writes %s where there is no instant", (template, written) => {
  expect(writeHeader(layout(template), { sig: "abc" })).toBe(written);
});

describe("limits", () => {
  test("a header at the limit is read, one character more is not", () => {
    const most = `sha256=${"a".repeat(MAX_HEADER_CHARS - 7)}`;
    expect(found("sha256={sig}", most)).toHaveLength(1);
    expect(found("sha256={sig}", `${most}a`)).toBeNull();
  });

  test("parts at the limit are read, one more is not", () => {
    const parts = ["v1=a", ...Array.from({ length: MAX_PARTS - 1 }, () => "x")];
    expect(found("v1={sig}", parts.join(","))).toEqual(["sig=a"]);
    expect(found("v1={sig}", [...parts, "x"].join(","))).toBeNull();
  });

  test("signatures at the limit are read, one more is not", () => {
    const parts = Array.from({ length: MAX_SIGNATURES }, () => "v1=a");
    expect(found("v1={sig}", parts.join(","))).toHaveLength(MAX_SIGNATURES);
    expect(found("v1={sig}", [...parts, "v1=a"].join(","))).toBeNull();
  });

  test("a header of 100 kB costs nothing", () => {
    expect(found("t={t},v1={sig}", "v1=a,".repeat(20_000))).toBeNull();
  });
});
