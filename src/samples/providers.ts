// The providers whose webhooks can be made here, beside the presets.

/** The three named providers. */
export const SAMPLE_PROVIDERS = ["exportcomments", "emailengine", "betterez"] as const;
export type SampleProvider = (typeof SAMPLE_PROVIDERS)[number];
