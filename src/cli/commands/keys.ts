// `secret` and `token`: make a signing secret or a stream token.

import { Failure, numberOption, relayCommand, REMOTE_ARGS } from "../command.ts";
import { newKeyPair, newSigningSecret, signStreamToken } from "../keys.ts";
import { localProject } from "../local/local-project.ts";
import { projectDirectory } from "../local/project.ts";
import { relayApi, type RelayChoice } from "../relay-api.ts";
import { jsonText } from "../paint.ts";

/** Prints `whsec_…`, or a pair of `whsk_…` and `whpk_…`. */
export const secret = relayCommand({
  name: "secret",
  description: "Print a new signing secret for a subscriber",
  args: {
    ed25519: {
      type: "boolean",
      description: "A key pair: whsk_ for the relay, whpk_ for the subscriber",
      default: false,
    },
    json: { type: "boolean", description: "Print JSON for scripts", default: false },
  },
  run: (args) => {
    const made = args.ed25519 ? newKeyPair() : { secret: newSigningSecret() };
    console.log(args.json ? jsonText(made) : Object.values(made).join("\n"));
    if (args.ed25519 && !args.json)
      console.error(
        "whsk_… is the subscriber's secret of the relay; the receiver verifies by whpk_….",
      );
  },
});

/** Prints a JWT (docs/protocol.md, Tokens). */
export const token = relayCommand({
  name: "token",
  description: "Mint a stream token for an account",
  args: {
    ...REMOTE_ARGS,
    account: { type: "positional", description: "The account that may be read", required: true },
    channels: {
      type: "string",
      description: "Only these channels, comma-separated; a trailing * is a wildcard",
      valueHint: "a,b",
    },
    expires: {
      type: "string",
      description: "Seconds until it expires",
      valueHint: "seconds",
      default: "3600",
    },
    offline: {
      type: "boolean",
      description: "Sign with STREAM_SECRET of the environment or .dev.vars, without the relay",
      default: false,
    },
  },
  run: async (args) => {
    const channels =
      args.channels === undefined
        ? null
        : args.channels.split(",").map((channel) => channel.trim());
    const claims = {
      account: args.account,
      channels,
      expiresIn: numberOption("expires", args.expires, 1),
    };
    const minted = args.offline ? await signHere(claims) : await signThere(args, claims);
    console.log(args.json ? jsonText({ token: minted }) : minted);
  },
});

type Claims = Parameters<typeof signStreamToken>[1];

async function signHere(claims: Claims): Promise<string> {
  const directory = projectDirectory();
  const local = directory === null ? undefined : localProject(directory).vars["STREAM_SECRET"];
  const key = process.env["STREAM_SECRET"] ?? local;
  // Several keys may be listed, newest first; the newest signs.
  const newest = (key ?? "").split(/[\s,]+/).find((part) => part !== "");
  if (newest === undefined)
    throw new Failure("no STREAM_SECRET in the environment or in .dev.vars");
  return signStreamToken(newest, claims, Date.now());
}

async function signThere(
  relay: RelayChoice,
  { account, channels, expiresIn }: Claims,
): Promise<string> {
  const body = { account, expiresIn, ...(channels === null ? {} : { channels }) };
  const answer = await relayApi(relay).post<{ readonly token: string }>("/v1/tokens", body);
  return answer.token;
}
