// Every command of the command line against the runtime of `npm start`.

import { expect, test } from "vitest";
import { startRelay } from "../../support/relay.ts";
import { runCli } from "./run-cli.ts";
import { everyCommand } from "./suite/every-command.ts";

const world = everyCommand(({ vars, secrets }) => startRelay({ vars: { ...vars, ...secrets } }));

test("prints JSON alone through npm, too", async () => {
  const program = ["npm", "run", "relay", "--"] as const;
  const options = world.inProject({ program: [...program] });
  const { stdout, code } = await runCli(["jobs", "--json"], { ...options, cwd: process.cwd() });
  expect({ code, items: (JSON.parse(stdout) as { items: unknown }).items }).toEqual({
    code: 0,
    items: expect.any(Array),
  });
});
