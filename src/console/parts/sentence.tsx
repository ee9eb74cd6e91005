/** @jsxImportSource preact */
// Sentences of the relay, whose words in backticks are code.

import type { JSX } from "preact";

export const Sentence = ({ text }: { readonly text: string }): JSX.Element => (
  <>
    {text
      .split("`")
      .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
  </>
);

/** What an operator can do; nothing where nobody is needed. */
export const Advice = ({ text }: { readonly text: string | null }): JSX.Element | null =>
  text === null ? null : (
    <p class="note">
      <span>
        <Sentence text={text} />
      </span>
    </p>
  );
