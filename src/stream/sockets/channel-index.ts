// Who is on which channel: kept in memory while an object is awake, so that an event touches nobody but those who see it.

/** Members, what is known of each, and the channels that each is on. */
export class ChannelIndex<Member, State extends { readonly channels: readonly string[] }> {
  readonly #isHere: (member: Member) => boolean;
  readonly #states = new Map<Member, State>();
  readonly #byChannel = new Map<string, Set<Member>>();
  /** Members at which those that left are looked for again. */
  #sweepAt = FIRST_SWEEP;

  /** `isHere` tells whether a member has left without a word; it is never shown anything then. */
  constructor(isHere: (member: Member) => boolean) {
    this.#isHere = isHere;
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

  /** Those who are on a channel. */
  *on(channel: string): Generator<readonly [Member, State]> {
    for (const member of this.#byChannel.get(channel) ?? []) {
      const state = this.#states.get(member);
      if (this.#isHere(member) && state !== undefined) yield [member, state];
      else this.delete(member);
    }
  }

  /** Everybody. */
  *all(): Generator<readonly [Member, State]> {
    for (const [member, state] of this.#states) {
      if (this.#isHere(member)) yield [member, state];
      else this.delete(member);
    }
  }

  /** Entries held for members and channels; those that left count until they are noticed. */
  size(): { readonly members: number; readonly channels: number } {
    return { members: this.#states.size, channels: this.#byChannel.size };
  }

  #join(channel: string, member: Member): void {
    const present = this.#byChannel.get(channel);
    if (present === undefined) this.#byChannel.set(channel, new Set([member]));
    else present.add(member);
  }

  #leave(channel: string, member: Member): void {
    const present = this.#byChannel.get(channel);
    present?.delete(member);
    if (present?.size === 0) this.#byChannel.delete(channel);
  }

  #sweep(): void {
    for (const member of this.#states.keys()) if (!this.#isHere(member)) this.delete(member);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#states.size);
  }
}

/** Members at which those that left are looked for first; then at twice those that are here, so that each is looked at a few times at most. */
const FIRST_SWEEP = 64;
