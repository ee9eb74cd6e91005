import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { ADMIN, ask, ORIGIN } from "./stream-fixture.ts";

const mint = (channels: readonly string[]): Promise<Response> =>
  exports.default.fetch(
    new Request(`${ORIGIN}/v1/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN}` },
      body: JSON.stringify({ account: "minted", channels, expiresIn: 60 }),
    }),
  );

/** Channels of so many characters in all, of at most 512 each. */
const channelsOf = (characters: number): readonly string[] => [
  ...Array.from({ length: Math.floor(characters / 500) }, () => "x".repeat(500)),
  `user:minted${"x".repeat(characters % 500)}`,
  "user:minted",
];

describe("a token that is minted", () => {
  test("opens a stream, however long it is", async () => {
    const { token } = (await (await mint(channelsOf(5_900))).json()) as { token: string };
    expect(token.length).toBeGreaterThan(8_000);
    const answer = await ask("/v1/accounts/minted/events?channel=user:minted", {
      authorization: `Bearer ${token}`,
    });
    expect(answer.status).toBe(200);
  });

  test("is refused when it would be too long to be read", async () => {
    const answer = await mint(channelsOf(6_400));
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { title: "Unprocessable Content" },
    ]);
  });
});
