// The message by which a client asks whether its stream is alive.

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
