// Subscribers and their deliveries over HTTP. A subscriber with shards answers as one.

import { Hono } from "hono";
import { problemResponse } from "../kernel/problem.ts";
import { subscriberObject } from "../objects.ts";
import type { AdminEnv } from "./admin.routes.ts";
import { DeliveriesQuery, parse } from "./query.ts";

export const subscriberRoutes = new Hono<AdminEnv>();
