// Reads the plugin's entry in openclaw.json for index.js: settings to go by, or every fault in words for its owner.

import { hostname } from "node:os";

/** The plugin's name for OpenClaw, and the key of its entry. `webhooks` alone belongs to a plugin that OpenClaw ships. */
export const ID = "openclaw-webhooks";

export const EVENT_TYPES = [
  "message.received",
  "message.sent",
  "session.created",
  "session.ended",
  "tool.called",
  "tool.completed",
  "error.occurred",
];

const TOKEN_VARIABLE = "OPENCLAW_WEBHOOKS_INGEST_TOKEN";
const EVENTS_PATH = "/api/v1/events";

// The gateway's own limits; to go beyond them would only be refused there.
const MOST_EVENT_BYTES = 8 * 1024 * 1024 - 1024;

const NUMBERS = {
  maxContentChars: { fallback: 32_768, least: 0, most: 4_000_000 },
  maxEventBytes: { fallback: 262_144, least: 2_048, most: MOST_EVENT_BYTES },
  maxQueueEvents: { fallback: 10_000, least: 1, most: 1_000_000 },
  maxQueueBytes: { fallback: 32 * 1024 * 1024, least: 2_048, most: 1024 * 1024 * 1024 },
};

const KNOWN_KEYS = ["url", "token", "instanceId", "events", "redact", ...Object.keys(NUMBERS)];

/**
 * @typedef {{url: string, token: string | undefined, instanceId: string, events: Set<string>, redact: string[][],
 *   maxContentChars: number, maxEventBytes: number, maxQueueEvents: number, maxQueueBytes: number}} Settings
 * @param {unknown} config what stands under `plugins.entries.openclaw-webhooks.config`
 * @param {Record<string, string | undefined>} env
 * @returns {{settings: Settings, faults: string[]}} settings mean something only without faults
 */
export function readConfig(config, env) {
  /** @type {string[]} */
  const faults = [];
  const fault = (/** @type {string} */ key, /** @type {string} */ what) =>
    faults.push(`plugins.entries.${ID}.config${key && `.${key}`} ${what}`);

  const isObject = typeof config === "object" && config !== null && !Array.isArray(config);
  if (config !== undefined && config !== null && !isObject) {
    fault("", 'must be an object, such as {"url": "http://127.0.0.1:8787"}');
  }
  const given = /** @type {Record<string, unknown>} */ (isObject ? config : {});
  // A mistyped `redact` must not send what it was meant to hold back: an unknown key is a fault.
  for (const key of Object.keys(given)) {
    if (!KNOWN_KEYS.includes(key)) fault(key, `is not known; known are ${KNOWN_KEYS.join(", ")}`);
  }

  /** The text under `key`. OpenClaw leaves `${NAME}` as it stands when there is no such variable. */
  const text = (/** @type {string} */ key, /** @type {string} */ example) => {
    const value = given[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string" || value.trim() === "") {
      fault(key, `must be text, such as ${example}; or leave it out`);
      return undefined;
    }
    const variable = /\$\{([A-Z_][A-Z0-9_]*)\}/.exec(value)?.[1];
    if (variable === undefined) return value.trim();
    fault(key, `names the environment variable ${variable}, which is not set; set it where OpenClaw is started`);
    return undefined;
  };

  /** The texts under `key`. */
  const texts = (/** @type {string} */ key, /** @type {string} */ example) => {
    const value = given[key];
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string")) return value;
    fault(key, `must be a list, such as ["${example}"]; or leave it out`);
    return undefined;
  };

  /** @type {string | undefined} */
  let url;
  try {
    url = eventsUrl(text("url", "http://127.0.0.1:8787") ?? "http://127.0.0.1:8787");
  } catch (error) {
    fault("url", /** @type {Error} */ (error).message);
  }

  const token = text("token", '"${OPENCLAW_WEBHOOKS_INGEST_TOKEN}"') ?? (env[TOKEN_VARIABLE]?.trim() || undefined);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    // It goes into a header.
    fault("token", "must be of visible ASCII characters without spaces; look for a line break at its end");
  }

  const instanceId = text("instanceId", '"node-1"') ?? hostname();
  if (Buffer.byteLength(instanceId) > 256 || instanceId.includes("\0")) {
    fault("instanceId", "must have at most 256 bytes and no NUL");
  }

  const events = texts("events", "message.received") ?? EVENT_TYPES;
  for (const type of events) {
    if (!EVENT_TYPES.includes(type)) fault("events", `has "${type}", which is none of ${EVENT_TYPES.join(", ")}`);
  }

  const redact = texts("redact", "data.message.content") ?? [];
  for (const path of redact) {
    if (!/^data(\.[^.[\]]+)+$/.test(path)) {
      fault("redact", `has "${path}"; a path starts with data. and has dots, such as data.message.content`);
    }
  }

  const numbers = Object.fromEntries(
    Object.entries(NUMBERS).map(([key, { fallback, least, most }]) => {
      const value = given[key] ?? fallback;
      if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) {
        fault(key, `must be a whole number from ${least} to ${most}`);
      }
      return [key, value];
    }),
  );

  return {
    settings: /** @type {Settings} */ ({
      url,
      token,
      instanceId,
      events: new Set(events),
      redact: redact.map((path) => path.split(".").slice(1)),
      ...numbers,
    }),
    faults,
  };
}

/** Where events are posted, from the gateway's address. Throws what is wrong with it. */
function eventsUrl(/** @type {string} */ address) {
  const url = parse(address);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new Error("must be the gateway's address with http:// or https://, such as http://127.0.0.1:8787");
  }
  if (url.username !== "" || url.password !== "") {
    throw new Error("must not hold a user or a password; the ingest token goes into the key token");
  }
  if (url.search !== "" || url.hash !== "") {
    throw new Error("must end before any ? or #; the ingest token goes into the key token");
  }
  const path = url.pathname.replace(/\/+$/, "");
  url.pathname = path.endsWith(EVENTS_PATH) ? path : path + EVENTS_PATH;
  return url.href;
}

function parse(/** @type {string} */ address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
