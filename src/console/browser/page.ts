// The parts of a web page that the console uses without Preact.

interface Area {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What can hold the focus. */
export interface Focusable {
  focus(options?: { readonly preventScroll?: boolean }): void;
  getAttribute(name: string): string | null;
  readonly isConnected: boolean;
}

/** A modal dialog of the platform. */
export interface Dialog extends Focusable {
  showModal(): void;
  close(): void;
}

type Listen = (event: { readonly key: string; readonly defaultPrevented: boolean }) => void;

interface Page {
  readonly document: {
    readonly hidden: boolean;
    readonly activeElement: Focusable | null;
    readonly documentElement: { hasAttribute(name: string): boolean };
    title: string;
    getElementById(id: string): Element | null;
    querySelector(selector: string): Focusable | null;
    addEventListener(type: string, listen: () => void): void;
    removeEventListener(type: string, listen: () => void): void;
  };
  readonly sessionStorage: Area;
  readonly localStorage: Area;
  readonly location: { readonly origin: string; hash: string };
  readonly history: { replaceState(data: null, unused: string, url: string): void };
  readonly navigator: {
    readonly clipboard?: { writeText(text: string): Promise<void> };
  };
  matchMedia(query: string): {
    addEventListener(type: "change", listen: () => void): void;
    removeEventListener(type: "change", listen: () => void): void;
  };
  getComputedStyle(element: object): { getPropertyValue(name: string): string };
  addEventListener(type: string, listen: Listen): void;
  removeEventListener(type: string, listen: Listen): void;
}

const page = globalThis as unknown as Page;

/** The element that the console is rendered into. */
export const root = (): Element => {
  const found = page.document.getElementById("app");
  if (found === null) throw new Error("no #app");
  return found;
};

export const origin = (): string => page.location.origin;

/** The part of the address that the console owns, with its `#`. */
export const address = {
  get: (): string => page.location.hash,
  /** Goes to another screen; Back returns. */
  go: (hash: string): void => {
    page.location.hash = hash;
  },
  /** Changes the address without a step in the history. */
  replace: (hash: string): void => page.history.replaceState(null, "", hash),
  listen: (changed: () => void): (() => void) => {
    page.addEventListener("hashchange", changed);
    return () => page.removeEventListener("hashchange", changed);
  },
};

/** True when Cloudflare Access vouches for the operator, so that no token has to be asked for. */
export const hasAccess = (): boolean => page.document.documentElement.hasAttribute("data-access");

export const setTitle = (title: string): void => {
  page.document.title = title;
};

export const isHidden = (): boolean => page.document.hidden;

/** Calls `changed` when the tab is shown or hidden, until the returned function is called. */
export function onVisibility(changed: () => void): () => void {
  page.document.addEventListener("visibilitychange", changed);
  return () => page.document.removeEventListener("visibilitychange", changed);
}

/** Calls `changed` when the colours of the page change from light to dark or back. */
export function onColours(changed: () => void): () => void {
  const dark = page.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", changed);
  return () => dark.removeEventListener("change", changed);
}

/** The value of a colour of the style sheet, such as `--accent`, in the colours of now. */
export const colour = (name: string): string =>
  page.getComputedStyle(page.document.documentElement).getPropertyValue(name).trim();

/** Calls `close` when Escape is pressed, until the returned function is called. */
export function onEscape(close: () => void): () => void {
  const listen: Listen = ({ key, defaultPrevented }) => {
    // A dialog above has its own Escape.
    if (
      key === "Escape" &&
      !defaultPrevented &&
      page.document.querySelector("dialog[open]") === null
    )
      close();
  };
  page.addEventListener("keydown", listen);
  return () => page.removeEventListener("keydown", listen);
}

export const focused = (): Focusable | null => page.document.activeElement;

export const find = (selector: string): Focusable | null => page.document.querySelector(selector);

/** Copies a text; false where the browser does not allow it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await page.navigator.clipboard?.writeText(text);
    return page.navigator.clipboard !== undefined;
  } catch {
    return false;
  }
}

const KEY = "jobrelay:admin";

/** The admin token: kept until the tab is closed, or by choice for the browser. */
export const savedToken = {
  get: (): string => page.sessionStorage.getItem(KEY) ?? page.localStorage.getItem(KEY) ?? "",
  set: (token: string, stay: boolean): void =>
    (stay ? page.localStorage : page.sessionStorage).setItem(KEY, token),
  clear: (): void => {
    page.sessionStorage.removeItem(KEY);
    page.localStorage.removeItem(KEY);
  },
};

/** The event of a field. */
export interface FieldEvent {
  readonly currentTarget: { readonly value: string };
}

/** The event of a check box. */
export interface CheckEvent {
  readonly currentTarget: { readonly checked: boolean };
}
