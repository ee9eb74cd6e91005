// The little of the DOM that the console touches by itself; the rest goes through Preact.

interface Area {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const page = globalThis as unknown as {
  readonly document: { getElementById(id: string): Element | null };
  readonly sessionStorage: Area;
  readonly location: { readonly origin: string };
};

/** What a form's event gives. */
export interface FieldEvent {
  readonly currentTarget: { readonly value: string };
}

/** The element of the page that everything is drawn into. */
export const root = (): Element => {
  const found = page.document.getElementById("app");
  if (found === null) throw new Error("no #app");
  return found;
};

export const origin = (): string => page.location.origin;

const KEY = "jobrelay:admin";

/** The admin token, for as long as the tab lives; never in an address. */
export const savedToken = {
  get: (): string => page.sessionStorage.getItem(KEY) ?? "",
  set: (token: string): void => page.sessionStorage.setItem(KEY, token),
  clear: (): void => page.sessionStorage.removeItem(KEY),
};
