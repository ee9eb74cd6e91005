// Sockets of an account: its stream, and the Centrifugo protocol command by command.

import { until } from "../support/wait.ts";

/** An open WebSocket and everything it was sent. */
interface Connection {
  readonly texts: readonly string[];
  send(text: string): void;
  /** Resolves once `fits` is true of what has come, and throws when the socket closes before. */
  wait(what: string, fits: () => boolean): Promise<void>;
  close(): void;
}

async function connect(url: string, protocols: readonly string[]): Promise<Connection> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), [...protocols]);
  const texts: string[] = [];
  let closed: number | null = null;
  socket.addEventListener("message", ({ data }) => void texts.push(String(data)));
  socket.addEventListener("close", ({ code }) => {
    closed = code;
  });
  const wait = async (what: string, fits: () => boolean): Promise<void> => {
    await until(() => fits() || closed !== null, { what, every: 1 });
    if (!fits()) throw new Error(`the socket was closed with ${closed} before ${what}`);
  };
  await wait("the socket to open", () => socket.readyState === WebSocket.OPEN);
  return { texts, send: (text) => socket.send(text), wait, close: () => socket.close() };
}

/** A stream of the account. */
export interface OpenStream {
  /** Resolves once a frame has this text in it. */
  until(text: string): Promise<void>;
  close(): void;
}

/** Opens a stream and waits for its first frame. */
export async function openStream(url: string, path: string, token: string): Promise<OpenStream> {
  const { texts, wait, close } = await connect(url + path, ["jobrelay.v1", token]);
  await wait("the first frame", () => texts.length > 0);
  return {
    until: (text) => wait(text, () => texts.some((frame) => frame.includes(text))),
    close,
  };
}

/** A connection of the Centrifugo protocol. */
export interface Channels {
  /** Sends commands as one frame, and waits for a reply to each, a refusal included. */
  ask(commands: readonly object[]): Promise<void>;
  close(): void;
}

/** Opens a connection and shows its token. */
export async function openCentrifugo(url: string, path: string, token: string): Promise<Channels> {
  const { texts, send, wait, close } = await connect(url + path, []);
  let last = 0;
  const ask = async (commands: readonly object[]): Promise<void> => {
    const lines = commands.map((command) => JSON.stringify({ id: (last += 1), ...command }));
    const [before, wanted] = [texts.length, commands.length];
    send(lines.join("\n"));
    const replies = (): number =>
      texts
        .slice(before)
        .flatMap((text) => text.split("\n"))
        .filter((line) => /^\{"id":\d/.test(line)).length;
    await wait(`${wanted} replies`, () => replies() >= wanted);
  };
  await ask([{ connect: { token } }]);
  return { ask, close };
}
