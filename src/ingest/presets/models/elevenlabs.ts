// ElevenLabs: how its webhooks are proved, and what they mean in our words.

import type { Preset } from "../preset.ts";

/** The preset of ElevenLabs. */
export const elevenlabs: Preset = {
  name: "elevenlabs",
  title: "ElevenLabs",
  verify: "elevenlabs",
  map: {
    event: {
      path: "type",
      values: {
        speech_to_text_transcription: "job.finished",
        post_call_transcription: "job.finished",
        call_initiation_failure: "job.failed",
      },
    },
    guid: "data.request_id || data.conversation_id",
    error: "data.failure_reason",
    time: "event_timestamp",
  },
  setup: [
    "Open Settings, Webhooks in ElevenLabs and add an HMAC webhook with the URL {url}.",
    "Choose it for speech-to-text transcriptions or for the post-call events of your agents.",
    "Switch retries on there: they are off by default.",
    "Store the shared secret as a Worker secret and name it in secrets.",
  ],
  retries: {
    level: "none",
    sentence:
      "ElevenLabs tries again only when retries are switched on, and disables a webhook " +
      "after ten failures and seven days without success.",
  },
  lacks: [
    "Speech to text reports no failures.",
    "post_call_audio is ignored: its body is large and says nothing about a job.",
    "A signature is accepted for 30 minutes, as in the vendor's own library.",
  ],
};
