// Queries and bodies of the API: their schemas, from which its description is made as well.

import * as z from "zod/mini";
import { JOB_EVENTS, STATUS_OF } from "../../model/event.ts";
import { STEP_EVENTS } from "../../samples/steps.ts";
import { Id, Instant, JobsCursor, Limit, SourceId, Word } from "./fields.ts";

const DELIVERY_STATES = [
  "pending",
  "delivered",
  "held",
  "superseded",
  "dead",
  "cancelled",
] as const;

/** `GET /v1/jobs`: `since` and `until` bound the instant of creation. */
export const JobsQuery = z.strictObject({
  account: z.optional(Id),
  source: z.optional(Word),
  status: z.optional(z.enum([...new Set(Object.values(STATUS_OF))])),
  event: z.optional(z.enum(JOB_EVENTS)),
  q: z.optional(Id),
  since: z.optional(Instant),
  until: z.optional(Instant),
  limit: Limit,
  cursor: z.optional(JobsCursor),
});

/** `GET /v1/subscribers/{id}/deliveries` */
export const DeliveriesQuery = z.strictObject({
  state: z.optional(z.enum(DELIVERY_STATES)),
  guid: z.optional(Id),
  limit: Limit,
  cursor: z.optional(Word),
});

/** `GET /v1/metrics`: an account whose open streams are told, too. */
export const MetricsQuery = z.strictObject({ account: z.optional(Id) });

/** `POST /v1/wake` */
const WakeQuery = z.strictObject({ cursor: z.optional(Word) });

/** The body of a request that needs none. */
export const NoBody = z.strictObject({});

/** `POST /v1/subscribers/{id}/replay`: which deliveries to repeat; by default the dead ones. */
export const ReplayManyRequest = z.strictObject({
  state: z._default(z.enum(DELIVERY_STATES), "dead"),
  since: z.optional(Instant),
  until: z.optional(Instant),
  event: z.optional(Word),
});

/** `POST /v1/rules/simulate`: an envelope, of which any part may be missing. */
export const SimulateRequest = z.looseObject({
  event: z.optional(Word),
  type: z.optional(Word),
  source: z.optional(z.string()),
  account: z.optional(z.string()),
});

/** `POST /v1/sources/{id}/watch`: an export, by the names that EmailEngine has for it. */
export const WatchRequest = z.strictObject({ account: Id, exportId: Id });

/** The longest lifetime of a minted stream token, in seconds: 30 days. */
const MAX_TOKEN_LIFE = 30 * 24 * 3600;

/** `POST /v1/tokens`: with `watch`, a token that opens that job alone. */
export const TokenRequest = z
  .strictObject({
    account: Id,
    channels: z.optional(
      z
        .array(z.string().check(z.minLength(1), z.maxLength(512)))
        .check(z.minLength(1), z.maxLength(128)),
    ),
    watch: z.optional(z.strictObject({ source: SourceId, guid: Id })),
    expiresIn: z.int().check(z.gte(1), z.lte(MAX_TOKEN_LIFE)),
  })
  .check(
    z.refine(({ channels, watch }) => channels === undefined || watch === undefined, {
      path: ["channels"],
      error: "does not go with `watch`, which opens one job alone",
    }),
  );

/** `POST /v1/jobs/{source}/{guid}/replay`: events with a `seq` above `since` are sent again. */
export const ReplayRequest = z.strictObject({
  subscribers: z.optional(z.array(Word).check(z.minLength(1))),
  since: z._default(z.int().check(z.gte(0)), 0),
});

/** The largest number of comments in a sample. */
const MAX_TOTAL = 1_000_000;

const Count = z.int().check(z.gte(0), z.lte(MAX_TOTAL));

/** `POST /v1/samples`: one step of a sample job. All its steps share a guid of the caller. */
export const SampleRequest = z.strictObject({
  /** Without one, the first source of the provider. */
  source: z.optional(Word),
  guid: z.uuid(),
  event: z.enum(STEP_EVENTS),
  current: z._default(Count, 0),
  total: z._default(Count, 0),
  /** Of the subscribers that rules name, those that get it. The step that creates the job says. */
  subscribers: z.optional(z.array(Word)),
});

/** The queries of the API by method and path; what is not named here takes no parameter. */
export const QUERIES: Readonly<Record<string, z.ZodMiniObject>> = {
  "GET /v1/jobs": JobsQuery,
  "GET /v1/metrics": MetricsQuery,
  "GET /v1/subscribers/:id/deliveries": DeliveriesQuery,
  "POST /v1/wake": WakeQuery,
};

/** The bodies of the API by method and path; every other one has to be empty, or `{}`. */
export const BODIES: Readonly<Record<string, z.ZodMiniType>> = {
  "POST /v1/jobs/:source/:guid/replay": ReplayRequest,
  "POST /v1/subscribers/:id/replay": ReplayManyRequest,
  "POST /v1/rules/simulate": SimulateRequest,
  "POST /v1/sources/:id/watch": WatchRequest,
  "POST /v1/tokens": TokenRequest,
  "POST /v1/samples": SampleRequest,
};
