// Every screen and every control of the console is driven by a test in a real browser.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SCREENS } from "../../../src/console/browser/address.ts";
import { controls, VALUE, type Control } from "./controls.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "e2e", "console");

/** One test: its text, and what it looks for on the page. */
interface Driven {
  readonly text: string;
  readonly looks: readonly (string | RegExp)[];
}

const LOOK =
  /(?:name: |getByLabel\(|getByText\(|button: )(?:"((?:[^"\\]|\\.)*)"|\/((?:[^/\\\n]|\\.)+)\/([a-z]*))/g;

/** Shorter texts are found by chance. */
const SHORTEST = 3;

function drivenIn(text: string): Driven {
  const looks = [...text.matchAll(LOOK)].map(([, plain, pattern, flags]) =>
    pattern === undefined ? (plain ?? "").toLowerCase() : new RegExp(pattern, `${flags ?? ""}u`),
  );
  return { text, looks: looks.filter((look) => look instanceof RegExp || look.length >= SHORTEST) };
}

const TESTS: readonly Driven[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".test.ts"))
  .flatMap((name) =>
    readFileSync(join(FOLDER, name), "utf8")
      .split(/^\s*test(?:\.each)?\(/m)
      .map((text) => drivenIn(name === "console.test.ts" ? `#/jobs ${text}` : text)),
  );

const isScreen = (room: string): boolean => SCREENS.some((screen) => screen === room);

/** True where a test is on a screen: by its address, or by its link. */
const isOn = (text: string, room: string): boolean =>
  !isScreen(room) || new RegExp(`#/${room}|"link", \\{ name: /${room}/`, "i").test(text);

const escaped = (text: string): string => text.replaceAll(/[^\w\s]/g, String.raw`\$&`);

/** True when a look finds a label, whatever value the label has in it. */
function finds(look: string | RegExp, label: string): boolean {
  if (look instanceof RegExp) return look.test(label);
  if (label.toLowerCase().includes(look)) return true;
  const words = label.split(VALUE).map((part) => escaped(part.toLowerCase()));
  return words.length > 1 && new RegExp(`^${words.join(".+")}$`).test(look);
}

/** A test drives a control that it looks for, on the control's own screen where it has one. */
const isDriven = ({ room, labels }: Control): boolean =>
  TESTS.some(
    ({ text, looks }) =>
      isOn(text, room) && looks.some((look) => labels.some((label) => finds(look, label))),
  );

test("every screen is opened", () => {
  const all = TESTS.map(({ text }) => text).join("\n");
  expect(SCREENS.filter((screen) => !all.includes(`#/${screen}`))).toEqual([]);
});

test("every button, link, field and payload is looked for by a test of its screen", () => {
  const found = controls();
  expect(found.length).toBeGreaterThan(45);
  expect(found.filter((control) => !isDriven(control))).toEqual([]);
});
