// What every section of `npm run prove` is told, and what it answers.

/** How long, by which chance, and where details may be written. */
export interface Request {
  readonly minutes: number;
  readonly seed: number;
  /** A file of its own below `dist/prove/`. */
  readonly file: string;
}

/** Figures by the words that they are shown with. */
export type Figures = Readonly<Record<string, number | string>>;

/** What a section came to. Without faults, its figures are the evidence. */
export interface Outcome {
  readonly figures: Figures;
  /** What must not be, in words. */
  readonly faults: readonly string[];
}

/** A part of the evidence with a name on the command line. */
export interface Section {
  readonly run: (request: Request) => Promise<Outcome>;
  /** How long it runs unless told otherwise; `null` where that depends on its work alone. */
  readonly minutes: number | null;
}
