/** @jsxImportSource preact */
// Filters above a list: tabs with counts, a search, a choice.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CheckEvent, FieldEvent } from "../browser/page.ts";

export interface Tab {
  readonly value: string;
  readonly text: string;
  /** How many there are, as text; empty when unknown. */
  readonly count: string;
}

export const Tabs = ({
  name,
  tabs,
  value,
  onChange,
}: {
  readonly name: string;
  readonly tabs: readonly Tab[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}): JSX.Element => (
  <div class="tabs" role="group" aria-label={name}>
    {tabs.map((tab) => (
      <button
        key={tab.value}
        type="button"
        aria-pressed={tab.value === value}
        onClick={() => onChange(tab.value)}
      >
        {tab.text}
        {tab.count === "" ? null : <span class="count">{tab.count}</span>}
      </button>
    ))}
  </div>
);

/** How long a pause in typing starts a search, in ms. */
const PAUSE = 250;

/** A search that waits for a pause in typing. */
export function Search({
  name,
  value,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): JSX.Element {
  const [text, setText] = useState(value);
  const said = useRef(value);
  useEffect(() => {
    if (text === said.current) return undefined;
    const timer = setTimeout(() => {
      said.current = text;
      onChange(text.trim());
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    if (value === said.current.trim()) return;
    said.current = value;
    setText(value);
  }, [value]);
  return (
    <input
      type="search"
      class="search"
      aria-label={name}
      placeholder={name}
      value={text}
      spellcheck={false}
      onInput={(event: FieldEvent) => setText(event.currentTarget.value)}
    />
  );
}

export const Choice = ({
  name,
  all,
  options,
  noteOf,
  value,
  onChange,
}: {
  readonly name: string;
  /** What the choice of all says; none when one has to be chosen. */
  readonly all?: string;
  readonly options: readonly string[];
  /** What stands beside an option; nothing where it is left out. */
  readonly noteOf?: (option: string) => string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}): JSX.Element => (
  <select
    aria-label={name}
    value={value}
    onChange={(event: FieldEvent) => onChange(event.currentTarget.value)}
  >
    {all === undefined ? null : <option value="">{all}</option>}
    {options.map((option) => (
      <option key={option} value={option}>
        {option}
        {noteOf?.(option) ?? ""}
      </option>
    ))}
  </select>
);

/** A choice of any of several; `note` stands beside the id. */
export const Checks = ({
  options,
  chosen,
  onChange,
}: {
  readonly options: readonly { readonly id: string; readonly note?: string }[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}): JSX.Element => (
  <div class="checks">
    {options.map(({ id, note }) => (
      <label key={id}>
        <input
          type="checkbox"
          checked={chosen.includes(id)}
          onChange={({ currentTarget: { checked } }: CheckEvent) =>
            onChange(checked ? [...chosen, id] : chosen.filter((one) => one !== id))
          }
        />
        {id}
        {note === undefined ? null : <span class="soft">{note}</span>}
      </label>
    ))}
  </div>
);
