// The three subscribers: one is well, one is down for a third of the time, one takes its time.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { between, oneOf, type Dice } from "../parts/dice.ts";
import type { Told } from "../parts/judge.ts";
import type { SubscriberId } from "./world.ts";

/** A running subscriber. */
export interface SoakReceiver {
  readonly url: string;
  /** From now on it takes everything at once. */
  mend(): void;
  close(): Promise<void>;
}

/**
 * Milliseconds, least and most, that it is well and then down. By chance: probes wait for doubled
 * times, and would fall into the same part of an even period for ever.
 */
const UP = [20_000, 60_000] as const;
const DOWN = [3_000, 15_000] as const;

const FAULTS = ["500", "503", "reset", "hang"] as const;

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function fail(outgoing: ServerResponse, fault: (typeof FAULTS)[number]): void {
  if (fault === "hang") return;
  if (fault === "reset") outgoing.socket?.resetAndDestroy();
  else outgoing.writeHead(Number(fault)).end();
}

/** Starts a subscriber; `onEvent` is called with everything that it answered 2xx. */
export async function startSoakReceiver(
  id: SubscriberId,
  chance: Dice,
  onEvent: (told: Told) => void,
): Promise<SoakReceiver> {
  let isMended = false;
  let isUp = true;
  let turn: NodeJS.Timeout | undefined;
  const turnLater = (): void => {
    const [least, most] = isUp ? UP : DOWN;
    const flip = (): void => {
      isUp = !isUp;
      turnLater();
    };
    turn = setTimeout(flip, between(chance, least, most));
  };
  turnLater();
  const isDown = (): boolean => id === "flapping" && !isMended && !isUp;
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await textOf(incoming);
    if (isDown()) return fail(outgoing, oneOf(chance, FAULTS));
    if (id === "slow" && !isMended) await pause(between(chance, 300, 1_200));
    outgoing.writeHead(204).end();
    onEvent(JSON.parse(body) as Told);
  };
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    mend: () => {
      isMended = true;
      server.closeAllConnections();
    },
    close: () =>
      new Promise((resolve) => {
        clearTimeout(turn);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
