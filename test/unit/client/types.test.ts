// What an editor knows of the client: each name of `on` narrows what its listener gets.

import { describe, expectTypeOf, test } from "vitest";
import type {
  AccountState,
  AccountStream,
  AttemptEnvelope,
  JobState,
  JobStream,
  StreamState,
  SubscriptionMessage,
} from "../../../src/client/index.ts";

const job = { on: () => () => undefined } as unknown as JobStream;
const account = { on: () => () => undefined } as unknown as AccountStream;

const names = async (stream: JobStream): Promise<void> => {
  for await (const item of stream) {
    if (item.id !== undefined && item.event === "job.progress")
      expectTypeOf(item.total).toEqualTypeOf<number | undefined>();
  }
};

describe("a listener", () => {
  test("of job.progress gets numbers, and one of an end has none", () => {
    job.on("job.progress", (event) => {
      expectTypeOf(event.event).toEqualTypeOf<"job.progress">();
      expectTypeOf(event.current).toEqualTypeOf<number | undefined>();
    });
    job.on("job.finished", (event) => {
      expectTypeOf(event.event).toEqualTypeOf<"job.finished">();
      expectTypeOf(event).not.toHaveProperty("current");
      expectTypeOf(event.url).toEqualTypeOf<string | null>();
    });
    job.on("snapshot", (state) => expectTypeOf(state).toEqualTypeOf<JobState>());
    job.on("state", (state) => expectTypeOf(state).toEqualTypeOf<StreamState>());
  });

  test("of everything on a job's stream tells events by their id and their name", () => {
    job.on("*", (item) => {
      if (item.id === undefined) return expectTypeOf(item).toExtend<JobState>();
      expectTypeOf(item.seq).toEqualTypeOf<number>();
      if (item.event === "job.progress")
        return expectTypeOf(item.absorbed).toEqualTypeOf<number | undefined>();
      return expectTypeOf(item).not.toHaveProperty("absorbed");
    });
  });

  test("of everything on an account's stream tells states, messages and events apart", () => {
    account.on("*", (item) => {
      if (item.jobs !== undefined) return expectTypeOf(item).toExtend<AccountState>();
      if (item.event === undefined) return expectTypeOf(item).toExtend<SubscriptionMessage>();
      if (item.event === "webhook.event.created")
        return expectTypeOf(item).toExtend<AttemptEnvelope>();
      if (item.event === "job.progress")
        return expectTypeOf(item.current).toEqualTypeOf<number | undefined>();
      expectTypeOf(item.seq).toEqualTypeOf<number>();
      return expectTypeOf(item).not.toHaveProperty("current");
    });
    account.on("webhook.event.created", (event) =>
      expectTypeOf(event).toEqualTypeOf<AttemptEnvelope>(),
    );
  });

  test("of an iteration narrows the same way", () => {
    expectTypeOf(names).returns.resolves.toBeVoid();
  });
});
