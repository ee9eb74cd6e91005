// Answers that are kept, and given again to who asks for the same.

import type { KeptAnswer } from "../../model/messages.ts";

/** An answer as it is kept; it can still be given. */
export const keptAnswerOf = async (response: Response): Promise<KeptAnswer> => ({
  status: response.status,
  contentType: response.headers.get("content-type") ?? "",
  body: await response.clone().text(),
});

/** A kept answer, marked as one that was given before. */
export const answerAgain = ({ status, contentType, body }: KeptAnswer): Response =>
  new Response(body === "" ? null : body, {
    status,
    headers: {
      ...(contentType === "" ? {} : { "content-type": contentType }),
      "cache-control": "no-store",
      "idempotency-replayed": "true",
    },
  });
