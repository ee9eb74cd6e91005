import { DurableObject } from "cloudflare:workers";

export class Subscriber extends DurableObject<Env> {}
