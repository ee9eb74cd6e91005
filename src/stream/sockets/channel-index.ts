// Who is on which channel, in memory, so that an event touches only the members that are sent it.

/**
 * Members at which those that left are first looked for; later at twice the members that stayed.
 */
const FIRST_SWEEP = 64;

/** Members, their states, and the channels that each is on. */
export class ChannelIndex<Member, State extends { readonly channels: readonly string[] }> {
  readonly #isPresent: (member: Member) => boolean;
  readonly #states = new Map<Member, State>();
  readonly #byChannel = new Map<string, Set<Member>>();
  #sweepAt = FIRST_SWEEP;

  /**
   * `isPresent` is false for a member that left unnoticed; such a member is dropped when it is
   * read.
   */
  constructor(isPresent: (member: Member) => boolean) {
    this.#isPresent = isPresent;
  }

  /** Adds a member, or moves it to the channels of its new state. */
  set(member: Member, state: State): void {
    const before = this.#states.get(member);
    if (before?.channels !== state.channels) {
      for (const channel of before?.channels ?? []) this.#leave(channel, member);
      for (const channel of state.channels) this.#join(channel, member);
    }
    this.#states.set(member, state);
    if (this.#states.size >= this.#sweepAt) this.#sweep();
  }

  delete(member: Member): void {
    for (const channel of this.#states.get(member)?.channels ?? []) this.#leave(channel, member);
    this.#states.delete(member);
  }

  /** The members on a channel. */
  *on(channel: string): Generator<readonly [Member, State]> {
    for (const member of this.#byChannel.get(channel) ?? []) {
      const state = this.#states.get(member);
      if (this.#isPresent(member) && state !== undefined) yield [member, state];
      else this.delete(member);
    }
  }

  /** Every member. */
  *all(): Generator<readonly [Member, State]> {
    for (const [member, state] of this.#states) {
      if (this.#isPresent(member)) yield [member, state];
      else this.delete(member);
    }
  }

  /** How many members and channels are held; members that left count until they are noticed. */
  size(): { readonly members: number; readonly channels: number } {
    return { members: this.#states.size, channels: this.#byChannel.size };
  }

  #join(channel: string, member: Member): void {
    const members = this.#byChannel.get(channel);
    if (members === undefined) this.#byChannel.set(channel, new Set([member]));
    else members.add(member);
  }

  #leave(channel: string, member: Member): void {
    const members = this.#byChannel.get(channel);
    members?.delete(member);
    if (members?.size === 0) this.#byChannel.delete(channel);
  }

  #sweep(): void {
    for (const member of this.#states.keys()) if (!this.#isPresent(member)) this.delete(member);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#states.size);
  }
}
