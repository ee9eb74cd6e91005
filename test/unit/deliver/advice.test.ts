// Each trouble of a subscriber has a sentence that says what to do.

import { describe, expect, test } from "vitest";
import { adviceFor, type Trouble } from "../../../src/deliver/advice.ts";

const trouble = (more: Partial<Trouble>): Trouble => ({
  state: "active",
  reason: null,
  dead: 0,
  lastFailure: null,
  ...more,
});

const answered = (status: number): Trouble["lastFailure"] => ({ status, error: null });

describe("what to do about a subscriber", () => {
  test("is nothing while it takes what it is sent", () => {
    expect(adviceFor(trouble({}))).toBeNull();
    // It failed once, and went on.
    expect(adviceFor(trouble({ lastFailure: answered(500) }))).toBeNull();
  });

  test.each([
    [302, /redirects/],
    [401, /refuses the signature\. Compare the secret/],
    [403, /refuses the signature/],
    [404, /Compare `url`/],
    [408, /raise `timeout`/],
    [413, /`redact`/],
    [422, /refuses what it is sent/],
    [429, /`rate`/],
    [500, /Its own log says why/],
    [503, /Its own log says why/],
    [522, /cannot reach its server/],
    [526, /certificate is not valid/],
    [530, /host name leads nowhere/],
  ])("follows from its answer %i", (status, advice) => {
    const said = adviceFor(trouble({ state: "probing", lastFailure: answered(status) }));
    expect(said).toMatch(advice);
    expect(said).toMatch(
      /What is held leaves by itself once it takes one, or at once when you resume it\.$/,
    );
  });

  test.each([
    ["timeout: The operation timed out", /took too long/],
    ["refused: connection refused", /Is it running\?/],
    ["reset: Network connection lost.", /closes connections/],
    ["tls: certificate", /certificate is not valid/],
    ["dns: ENOTFOUND", /host name leads nowhere/],
    ["no connection came about", /compare host name, port and certificate/],
    ["– nobody knows", /compare host name, port and certificate/],
    [null, /compare host name, port and certificate/],
  ])("follows from its error %s", (error, advice) => {
    expect(adviceFor(trouble({ dead: 3, lastFailure: { status: null, error } }))).toMatch(advice);
  });

  test("follows from a status that no server has as from no answer", () => {
    expect(adviceFor(trouble({ dead: 3, lastFailure: answered(600) }))).toMatch(
      /compare host name, port and certificate/,
    );
  });

  test("is to resume it where it is disabled, whatever the reason", () => {
    expect(adviceFor(trouble({ state: "disabled" }))).toBe(
      "It is disabled. Then resume it: what was held leaves by itself.",
    );
  });

  test("is to replay what is dead, once it works", () => {
    expect(adviceFor(trouble({ dead: 2, lastFailure: answered(500) }))).toBe(
      "Its server fails. Its own log says why. Once it works, replay the dead deliveries.",
    );
  });

  test("is to replay what is dead at once, where it takes deliveries again", () => {
    expect(adviceFor(trouble({ dead: 2 }))).toBe(
      "Read why the dead deliveries failed, then replay them.",
    );
  });

  test.each([
    ["gone", /^It answered 410: .* Then resume it: what was held leaves by itself\.$/],
    ["asked", /^Its answer asked the relay to stop\./],
    ["failing", /^It failed for five days\. Mend it\. Then resume it/],
  ] as const)("is to resume one that is disabled because it is %s", (reason, advice) => {
    expect(adviceFor(trouble({ state: "disabled", reason }))).toMatch(advice);
  });

  test("is to resume one that is paused", () => {
    expect(adviceFor(trouble({ state: "paused" }))).toMatch(/Resume it/);
  });
});
