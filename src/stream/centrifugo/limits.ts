// What one Centrifugo connection may ask for, and how long the relay waits for it.

import { SECOND, type Millis } from "../../kernel/time.ts";

/**
 * Largest frame of a client, in bytes of UTF-8, as Centrifugo has it
 * (`websocket.message_size_limit`).
 */
export const MAX_FRAME = 65_536;

/**
 * Largest frame that the Worker passes on to the object, in bytes. A frame in Protobuf grows in
 * JSON: `recover` has 2 bytes there and 15 here.
 */
export const MAX_PASSED_FRAME = 8 * MAX_FRAME;

/**
 * Most commands in one frame: a client that reconnects sends its connect and one subscribe for each
 * of 128 channels in one.
 */
export const MAX_COMMANDS = 256;

/**
 * Longest channel name, in bytes of UTF-8: that of a job whose guid has 255 characters of three
 * bytes. Centrifugo stops at 255 (`channel.max_length`), but every guid that is accepted has a
 * channel.
 */
export const MAX_CHANNEL_NAME = 776;

/**
 * Most publications of one `history`, as Centrifugo has it
 * (`client.history_max_publication_limit`).
 */
export const MAX_HISTORY = 300;

/**
 * Characters of publications and snapshots that the commands of one frame may fetch. Beyond them
 * `subscribe` and `history` are answered "too many requests" and a recovery fails: otherwise a
 * frame of 64 KB could ask for a gigabyte.
 */
export const MAX_ANSWER = 2_000_000;

/**
 * Most bytes of channel names in a socket's attachment, which holds 16,384 (Durable Objects,
 * 2026-03) and keeps the rest of the session beside them.
 */
export const MAX_NAMES = 15_000;

/**
 * How long a client may take to send a valid token, as Centrifugo has it
 * (`client.stale_close_delay`).
 */
export const STALE_AFTER: Millis = 10 * SECOND;

/**
 * How long before its token ends a client is asked for the next one, at most; half of what is left
 * if that is shorter. Centrifugo lets a connection outlive its token by 25 s; here nothing is sent
 * after `exp`, so the request comes earlier.
 */
export const REFRESH_LEAD: Millis = 30 * SECOND;

/**
 * Longest `ttl` sent, in seconds: it is a uint32, and clients keep timers of at most 2^31 - 1 ms.
 */
export const MAX_TTL = 2_147_483;

/** Seconds between two pings of the server, as Centrifugo has it (`client.ping_interval`). */
export const PING_SECONDS = 25;

/** How long a client may take to answer a ping, as Centrifugo has it (`client.pong_timeout`). */
export const PONG_TIMEOUT: Millis = 8 * SECOND;

/** Most bytes of frames that wait while a connection is opened: a client's first few frames. */
export const MAX_WAITING_BYTES = 4 * MAX_FRAME;

/** Error replies to `connect` commands after which a socket is closed. */
export const MAX_CONNECT_ERRORS = 5;
