// The plugin, for OpenClaw's loader: reads its entry of openclaw.json and listens to the hooks that make up our events.

import { ID, readConfig } from "./lib/config.js";
import { Forwarder } from "./lib/forwarder.js";

// OpenClaw gives `gateway_stop` 5 s.
const LAST_CHANCE_MS = 4_000;

// OpenClaw calls register() more than once in a process, and may send hooks to one call's handlers and the ends of
// runs to another's: what is remembered and what waits must be the same for all of them.
const SHARED = Symbol.for(`${ID}/1`);

export default {
  id: ID,
  name: "OpenClaw Webhooks",
  description: "Posts message, session, tool and error events to the OpenClaw Webhooks gateway.",

  /** @param {any} api what OpenClaw offers a plugin (`OpenClawPluginApi`) */
  register(api) {
    // Modes that only ask what the plugin is have no hooks to listen to.
    if (!["full", "discovery", undefined].includes(api.registrationMode)) return;

    const log = logTo(api.logger);
    const { settings, faults } = readConfig(api.pluginConfig, process.env);
    if (faults.length > 0) {
      for (const fault of faults) log.warn(fault);
      log.warn("no events are sent until that is mended");
      return;
    }
    const shared = /** @type {Record<symbol, Forwarder>} */ (/** @type {unknown} */ (globalThis));
    const forwarder = (shared[SHARED] ??= new Forwarder(log));
    forwarder.configure(settings);

    for (const [name, handle] of Object.entries(forwarder.mapping.hooks)) api.on(name, harmless(name, handle, log));
    // How a run ended is no hook. Hosts without these events are served by timers.
    api.agent?.events?.registerAgentEventSubscription?.({
      id: `${ID}-runs`,
      streams: ["lifecycle"],
      handle: harmless("lifecycle", (event) => forwarder.mapping.runEnded(event), log),
    });

    api.on("gateway_start", harmless("gateway_start", () => forwarder.sender.wake(), log));
    api.on("gateway_stop", async () => {
      try {
        await forwarder.stop(LAST_CHANCE_MS);
      } catch (error) {
        log.warn(`the last events could not be sent: ${error}`);
      }
    });
  },
};

/**
 * A handler that OpenClaw can call with anything: it returns nothing, waits for nothing and never throws. OpenClaw
 * blocks the user's tool when a handler of `before_tool_call` throws or takes long.
 * @param {string} name
 * @param {(event: any, context: any) => void} handle
 * @param {import("./lib/sender.js").Log} log
 */
function harmless(name, handle, log) {
  return (/** @type {unknown} */ event, /** @type {unknown} */ context) => {
    try {
      handle(asObject(event), asObject(context));
    } catch (error) {
      log.warn(`${name} could not be read: ${describe(error)}`);
    }
  };
}

function asObject(/** @type {unknown} */ value) {
  return typeof value === "object" && value !== null ? value : {};
}

function describe(/** @type {unknown} */ error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}

/** OpenClaw's log, with our name in front, and never a reason to fail. */
function logTo(/** @type {any} */ logger) {
  const say = (/** @type {string} */ level) => (/** @type {string} */ text) => {
    try {
      logger?.[level]?.(`${ID}: ${text}`);
    } catch {
      // Nobody is left to tell.
    }
  };
  return { debug: say("debug"), info: say("info"), warn: say("warn") };
}
