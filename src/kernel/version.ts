// The version that deliveries name in `user-agent`; a test holds it equal to package.json.

/** The released version (semver). */
export const VERSION = "0.1.0";
