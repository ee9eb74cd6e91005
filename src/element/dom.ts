// The parts of the DOM that the element uses. On a server they are missing, and nothing is defined.

/** An element. */
export interface Node {
  part: string;
  /** Without a value it is empty. */
  textContent: string | null | undefined;
  ariaLabel: string | null;
  ariaValueNow: string | number | null;
  ariaValueText: string | number | null;
  /** Setting it sets its text, which a content security policy allows. */
  style: string;
  readonly isConnected: boolean;
  getAttribute(name: string): string | null;
  attachShadow(options: { readonly mode: "open" }): Shadow;
  dispatchEvent(event: Event): boolean;
}

interface Shadow {
  adoptedStyleSheets: readonly Sheet[];
  innerHTML: string;
  readonly children: Iterable<Node>;
}

interface Sheet {
  replaceSync(text: string): void;
}

interface Dom {
  readonly customElements?: { define(name: string, element: new () => Node): void };
  readonly CSSStyleSheet: new () => Sheet;
  readonly HTMLElement?: new () => Node;
}

export const dom = globalThis as unknown as Dom;

/** The base of elements; on a server another class, of which no element is made. */
export const Base = dom.HTMLElement ?? (Object as unknown as new () => Node);
