// What a tool of agents is.

/** A tool, and where its arguments go. */
export interface Tool {
  readonly name: string;
  readonly method: "GET" | "POST";
  /** Parameters in it are arguments that have to be given. */
  readonly path: string;
  /** Arguments that become parameters of the query. */
  readonly query?: readonly string[];
  /** Arguments that become members of the body. */
  readonly body?: readonly string[];
  /** The argument that is the whole body. */
  readonly document?: string;
  /** What a call does: `state` sets something that a repetition sets again, `send` sends again. */
  readonly acts?: "state" | "send";
}
