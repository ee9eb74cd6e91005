// `<job-progress>`: the progress bar of one job, for pages without a build step.

import { connect, type Client, type JobState } from "../client/index.ts";
import { Base, dom, type Node } from "./dom.ts";
import { STYLE } from "./style.ts";

const ATTRIBUTES = ["src", "account", "source", "guid", "token-url"];

class JobProgress extends Base {
  static readonly observedAttributes = ATTRIBUTES;

  /**
   * Starts over, once for all changes that come together, unless the element was only moved. An
   * element without a page stops.
   */
  readonly #restart: () => void;

  constructor() {
    super();
    const shadow = this.attachShadow({ mode: "open" });
    const sheet = new dom.CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    // The second one is there before its text, so that screen readers say the text.
    shadow.innerHTML = "<div role=progressbar></div><p role=status>";
    const [bar, end] = shadow.children as unknown as [Node, Node];
    let was: string | undefined;
    const tell = (name: string, detail: unknown): unknown =>
      this.dispatchEvent(new CustomEvent(name, { detail }));

    const show = (job: JobState): void => {
      const { seq, current, total, status, finishedAt } = job;
      const failed = status === "error";
      const share = total ? Math.min(100, (100 * (current as number)) / total) | 0 : null;
      const percent = finishedAt && !failed ? 100 : share;
      bar.part = `bar ${status}`;
      bar.ariaLabel = this.ariaLabel ?? "Progress";
      bar.ariaValueNow = percent;
      bar.ariaValueText = percent === null ? current : `${percent}%`;
      bar.style = `width:${percent}%`;
      if (seq) tell("progress", job);
      if (status !== was) {
        end.textContent = finishedAt && `${bar.ariaLabel}: ${status}`;
        if (finishedAt) tell(failed ? "error" : "done", job);
      }
      was = status;
    };

    let relay: Client | undefined;
    let shown: string | false | null | undefined;
    this.#restart = () => {
      setTimeout(() => {
        const given = ATTRIBUTES.map((name) => this.getAttribute(name)) as string[];
        const wanted = this.isConnected && given[3] && String(given);
        if (wanted === shown) return;
        relay?.close();
        show({} as JobState);
        shown = wanted;
        if (!shown) return;
        const [url, account, source, guid, tokenUrl] = given as [
          string,
          string,
          string,
          string,
          string,
        ];
        relay = connect({ url, account, getToken: () => fetch(tokenUrl) });
        const stream = relay.job(source, guid);
        stream.on("*", () => show(stream.snapshot() as JobState));
        stream.on("state", (state) => {
          if (state !== "failed") return;
          bar.part = "bar error";
          tell("error", stream.error());
        });
      });
    };
  }

  connectedCallback(): void {
    this.#restart();
  }

  disconnectedCallback(): void {
    this.#restart();
  }

  attributeChangedCallback(): void {
    this.#restart();
  }
}

dom.customElements?.define("job-progress", JobProgress);
