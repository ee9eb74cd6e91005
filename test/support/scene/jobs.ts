// The jobs of the scene: in every state, with long ids, ids from right to left, and errors.

/** A job and what it says of itself. */
export interface SceneJob {
  readonly source?: "exports" | "nightly";
  readonly guid: string;
  readonly account: string;
  readonly steps: readonly {
    readonly event: string;
    readonly current?: number;
    readonly total?: number;
    readonly url?: string;
    readonly error?: string;
    readonly details?: object;
  }[];
}

const created = { event: "job.created" };
const started = { event: "job.started" };
const progress = (current: number, total?: number): SceneJob["steps"][number] => ({
  event: "job.progress",
  current,
  ...(total !== undefined && { total }),
});
const finished = (total: number): SceneJob["steps"][number] => ({
  event: "job.finished",
  current: total,
  total,
  url: `https://files.example.com/exports/${total}.csv`,
});
const failed = (error: string): SceneJob["steps"][number] => ({ event: "job.failed", error });

const done = (guid: string, account: string, total: number): SceneJob => ({
  guid,
  account,
  steps: [
    created,
    progress(Math.round(total * 0.2), total),
    progress(Math.round(total * 0.4), total),
    progress(Math.round(total * 0.7), total),
    finished(total),
  ],
});

const numbered = (count: number, make: (index: number) => SceneJob): readonly SceneJob[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** An id like those of providers. */
const guidOf = (index: number): string =>
  `${(0x9e3779b1 * (index + 1)).toString(16).slice(0, 8)}-5f8a-48f1-a414-${(0x5eb3948bd * (index + 3)).toString(16).padStart(12, "0").slice(0, 12)}`;

/** Twelve whose end the subscriber `billing` refuses. */
const REFUSED = numbered(12, (index) => done(guidOf(index), "globex", 400 + index * 35));

const TAKEN = [
  ...numbered(8, (index) => done(guidOf(20 + index), "acme", 1_200 + index * 410)),
  ...numbered(3, (index) => done(guidOf(40 + index), "initech", 90 + index * 7)),
  done(
    "customers/europe/2026/monthly-statement-of-all-accounts-with-attachments-and-comments.final.csv",
    "initech",
    48_210,
  ),
];

export const JOBS: readonly SceneJob[] = [
  // In turns: ten refusals in a row would open the breaker.
  ...REFUSED.flatMap((job, index) => [job, ...TAKEN.slice(index, index + 1)]),
  {
    guid: guidOf(60),
    account: "acme",
    steps: [created, progress(400, 1_500), failed("Rate limited by the platform")],
  },
  {
    guid: "تقرير-المبيعات-2026",
    account: "شركة الأمل",
    steps: [created, failed("تعذر الوصول إلى الصفحة المطلوبة")],
  },
  {
    guid: guidOf(61),
    account: "initech",
    steps: [
      created,
      failed("The page needs a sign-in: https://www.example.com/groups/a-very-long-name/members"),
    ],
  },
  { guid: guidOf(70), account: "acme", steps: [created] },
  { guid: guidOf(71), account: "initech", steps: [created] },
  {
    source: "nightly",
    guid: "warehouse-sync",
    account: "acme",
    steps: [created, progress(120, 900)],
  },
  { guid: "nachtlauf-großhandel", account: "acme", steps: [created, started, progress(3_120)] },
  { guid: guidOf(80), account: "acme", steps: [created, progress(678, 1_500)] },
  { guid: guidOf(81), account: "initech", steps: [created, progress(1_340, 1_500)] },
  { guid: guidOf(82), account: "acme", steps: [created, progress(90, 4_000)] },
  { guid: guidOf(83), account: "initech", steps: [created, started] },
];
