// The messages by which a client asks whether its stream is alive, and shows that it reads.

/** Longest message that can be a ping, in characters. */
const MAX_PING = 64;

/** The answer to a ping. */
export const PONG = "pong";

/** True for the text `ping` in any case, and for the JSON object `{"type":"ping"}`. */
export function isPing(data: string | ArrayBuffer): boolean {
  if (typeof data !== "string" || data.length > MAX_PING) return false;
  if (data.trim().toLowerCase() === "ping") return true;
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null && "type" in value && value.type === "ping";
  } catch {
    return false;
  }
}

/** How a probe begins. A client that asked for probes sends each of them back as it is. */
export const PROBE = "probe ";

/** Longest probe, in characters. */
const MAX_PROBE = 64;

/** True for a text that may be the answer to a probe. */
export const isProbeAnswer = (data: string | ArrayBuffer): data is string =>
  typeof data === "string" && data.length <= MAX_PROBE && data.startsWith(PROBE);
