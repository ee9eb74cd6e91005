import { DurableObject } from "cloudflare:workers";

export class Source extends DurableObject<Env> {}
