/** @jsxImportSource preact */
// Small marks inside lines: a state, an id, an instant, a word with a sentence.

import type { ComponentChildren, JSX } from "preact";
import { ago, moment } from "../words/times.ts";
import { termOf, type Word } from "../words/vocabulary.ts";

/** A state. */
export const Chip = ({ word }: { readonly word: Word }): JSX.Element => (
  <span class={`chip ${word.tone}`} title={word.title}>
    {word.text}
  </span>
);

/** An id: in its own direction, cut where there is no room, whole in its title. */
export const Id = ({ children }: { readonly children: string }): JSX.Element => (
  <bdi class="id" title={children}>
    {children}
  </bdi>
);

/** An instant as "3 min ago". */
export const When = ({
  at,
  now,
}: {
  readonly at: string | null;
  readonly now: number;
}): JSX.Element =>
  at === null ? (
    <span class="soft">never</span>
  ) : (
    <time class="when" dateTime={at} title={moment(at)}>
      {ago(at, now)}
    </time>
  );

/** A word that has a sentence in its title. */
export const Term = ({
  term,
  children,
}: {
  readonly term: string;
  readonly children: ComponentChildren;
}): JSX.Element => (
  <abbr class="term" title={termOf(term)}>
    {children}
  </abbr>
);

/** One fact of a list of facts. */
export const Fact = ({
  name,
  wide = false,
  children,
}: {
  readonly name: string;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element => (
  <div class={wide ? "fact wide" : "fact"}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
