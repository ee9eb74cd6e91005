// The operations on subscribers and their deliveries.

import { count, object, ref, text } from "./json-schema.ts";
import type { Operation } from "./operation.ts";

const SUBSCRIBER = "/v1/subscribers/{id}";

const DELIVERY = object({ delivery: text("Its id.") });

/** Subscribers and their deliveries. */
export const SUBSCRIBER_OPERATIONS: readonly Operation[] = [
  {
    id: "listSubscribers",
    method: "GET",
    path: "/v1/subscribers",
    tag: "Subscribers",
    summary: "List subscribers with their state",
    access: "admin",
    answers: [{ status: 200, description: "All of them.", schema: ref("SubscriberPage") }],
  },
  {
    id: "getSubscriber",
    method: "GET",
    path: SUBSCRIBER,
    tag: "Subscribers",
    summary: "Read a subscriber",
    access: "admin",
    answers: [{ status: 200, description: "Its state.", schema: ref("Subscriber") }],
    problems: ["not-found"],
  },
  {
    id: "pauseSubscriber",
    method: "POST",
    path: `${SUBSCRIBER}/pause`,
    tag: "Subscribers",
    summary: "Hold the deliveries of a subscriber",
    access: "admin",
    acts: true,
    answers: [{ status: 200, description: "Its state.", schema: ref("Subscriber") }],
    problems: ["not-found"],
  },
  {
    id: "resumeSubscriber",
    method: "POST",
    path: `${SUBSCRIBER}/resume`,
    tag: "Subscribers",
    summary: "Deliver to a subscriber again",
    access: "admin",
    acts: true,
    answers: [{ status: 200, description: "Its state.", schema: ref("Subscriber") }],
    problems: ["not-found"],
  },
  {
    id: "testSubscriber",
    method: "POST",
    path: `${SUBSCRIBER}/test`,
    tag: "Subscribers",
    summary: "Send a subscriber a test event",
    access: "admin",
    acts: true,
    answers: [{ status: 202, description: "It is on its way.", schema: DELIVERY }],
    problems: ["not-found"],
  },
  {
    id: "listDeliveries",
    method: "GET",
    path: `${SUBSCRIBER}/deliveries`,
    tag: "Subscribers",
    summary: "List deliveries, newest first",
    access: "admin",
    texts: {
      state: "Only deliveries in this state.",
      guid: "Only deliveries of jobs with this guid.",
      limit: "Deliveries of a page.",
      cursor: "The `cursor` of the page before.",
    },
    answers: [{ status: 200, description: "A page of deliveries.", schema: ref("DeliveryPage") }],
    problems: ["not-found"],
  },
  {
    id: "getDelivery",
    method: "GET",
    path: `${SUBSCRIBER}/deliveries/{delivery}`,
    tag: "Subscribers",
    summary: "Read a delivery with the request that it sends",
    access: "admin",
    answers: [{ status: 200, description: "The delivery.", schema: ref("DeliveryDetail") }],
    problems: ["not-found"],
  },
  {
    id: "retryDelivery",
    method: "POST",
    path: `${SUBSCRIBER}/deliveries/{delivery}/retry`,
    tag: "Subscribers",
    summary: "Start a delivery over",
    access: "admin",
    acts: true,
    answers: [{ status: 202, description: "It waits for its attempt.", schema: DELIVERY }],
    problems: ["not-found"],
  },
  {
    id: "replayDeliveries",
    method: "POST",
    path: `${SUBSCRIBER}/replay`,
    tag: "Subscribers",
    summary: "Start many deliveries over",
    access: "admin",
    acts: true,
    texts: {
      state: "Their state.",
      since: "Only those enqueued then or later.",
      until: "Only those enqueued earlier.",
      event: "Only those of this event.",
    },
    bodyExample: { state: "dead", since: "2026-11-21T00:00:00Z" },
    answers: [
      {
        status: 202,
        description: "They are started over in parts.",
        schema: object({ count: count("How many were selected.") }),
      },
    ],
    problems: ["not-found", "replay-running"],
  },
];
