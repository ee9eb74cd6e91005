// Every error with which the platform ends an attempt: the delivery waits for its next attempt, and
// what is told of it holds no address and no secret.

import { afterEach, describe, expect, test, vi } from "vitest";
import type { SubscriberSettings } from "../../../../src/config/settings.ts";
import { attempt } from "../../../../src/deliver/attempt/attempt.io.ts";
import { SharedTimeout } from "../../../../src/deliver/attempt/shared-timeout.io.ts";
import { dispatchOf, subscriber } from "./fixture.ts";
import { PLATFORM_ERRORS, thrownAs } from "../../../support/platform/platform-errors.ts";

const ADDRESS = "https://crm.example.com/hooks?key=s3cret";

const dispatch = dispatchOf({ url: "https://files.example.com/f.csv?signature=s3cret" });

/** Each target, and what fails in it. */
const TARGETS: readonly {
  readonly name: string;
  readonly target: SubscriberSettings["target"];
  readonly env: (fail: () => Promise<never>) => object;
}[] = [
  { name: "a URL", target: { kind: "url", url: ADDRESS }, env: () => ({}) },
  {
    name: "a service",
    target: { kind: "service", binding: "CRM" },
    env: (fail) => ({ CRM: { fetch: fail } }),
  },
  {
    name: "a queue",
    target: { kind: "queue", binding: "CRM" },
    env: (fail) => ({ CRM: { send: fail } }),
  },
  {
    name: "a bucket whose file cannot be had",
    target: { kind: "archive", binding: "CRM" },
    env: (fail) => ({ CRM: { head: fail } }),
  },
];

afterEach(() => void vi.unstubAllGlobals());

describe.each(TARGETS)("an attempt at $name", ({ target, env }) => {
  test.each(PLATFORM_ERRORS)("fails, and may be repeated, with: $text", async (fault) => {
    const fail = (): Promise<never> =>
      Promise.reject(thrownAs({ ...fault, text: `${fault.text} ${ADDRESS}` }));
    vi.stubGlobal("fetch", fail);
    const result = await attempt(
      env(fail),
      {
        subscriber: subscriber({ target }),
        settings: { allowPrivateUrls: false },
        attempt: 1,
        timeouts: new SharedTimeout(),
      },
      dispatch,
    );
    expect(result.kind).toBe("failure");
    expect(JSON.stringify(result)).not.toContain("s3cret");
  });
});

describe("a bucket", () => {
  test.each(PLATFORM_ERRORS)("fails, and may be asked again, with: $text", async (fault) => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("id,comment\n")));
    const fail = (): Promise<never> => Promise.reject(thrownAs(fault));
    const result = await attempt(
      { CRM: { head: fail, put: fail, createMultipartUpload: fail } },
      {
        subscriber: subscriber({ target: { kind: "archive", binding: "CRM" } }),
        settings: { allowPrivateUrls: false },
        attempt: 1,
        timeouts: new SharedTimeout(),
      },
      dispatch,
    );
    expect(result).toMatchObject({ kind: "failure" });
  });
});
