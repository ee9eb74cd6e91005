// The parts of the DOM that the console uses without Preact.

interface Area {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const page = globalThis as unknown as {
  readonly document: { getElementById(id: string): Element | null };
  readonly sessionStorage: Area;
  addEventListener(type: "keydown", listen: (event: { readonly key: string }) => void): void;
  removeEventListener(type: "keydown", listen: (event: { readonly key: string }) => void): void;
  readonly location: { readonly origin: string };
};

/** The event of a form. */
export interface FieldEvent {
  readonly currentTarget: { readonly value: string };
}

/** The element that the console is rendered into. */
export const root = (): Element => {
  const found = page.document.getElementById("app");
  if (found === null) throw new Error("no #app");
  return found;
};

export const origin = (): string => page.location.origin;

/** Calls `close` when Escape is pressed, until the returned function is called. */
export function onEscape(close: () => void): () => void {
  const listen = ({ key }: { readonly key: string }): void => {
    if (key === "Escape") close();
  };
  page.addEventListener("keydown", listen);
  return () => page.removeEventListener("keydown", listen);
}

const KEY = "jobrelay:admin";

/** The admin token, kept until the tab is closed; never part of an address. */
export const savedToken = {
  get: (): string => page.sessionStorage.getItem(KEY) ?? "",
  set: (token: string): void => page.sessionStorage.setItem(KEY, token),
  clear: (): void => page.sessionStorage.removeItem(KEY),
};
