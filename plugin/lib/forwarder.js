// Ties the plugin's parts together, for index.js: mapping → event → queue → sender, one of each in a process.

import { cut } from "./cut.js";
import { Mapping } from "./events.js";
import { eventId } from "./ids.js";
import { Queue } from "./queue.js";
import { Sender } from "./sender.js";

// Events happen around now; what says otherwise is broken, and the gateway would refuse a year of five digits.
const EARLIEST = Date.UTC(2000, 0, 1);
const A_DAY = 86_400_000;

export class Forwarder {
  /** @type {import("./config.js").Settings | undefined} */
  #settings;
  #log;
  #isFull = false;
  queue = new Queue();

  constructor(/** @type {import("./sender.js").Log} */ log) {
    this.#log = log;
    this.sender = new Sender(this.queue, log);
    this.mapping = new Mapping({
      emit: (type, data, at) => this.#emit(type, data, at),
      content: (value) => cut(value, this.#settings?.maxContentChars ?? 0),
    });
  }

  /** Goes by these settings from now on. What waits stays. */
  configure(/** @type {import("./config.js").Settings} */ settings) {
    this.#settings = settings;
    this.queue.limit(settings.maxQueueEvents, settings.maxQueueBytes);
    this.sender.configure(settings.url, settings.token);
  }

  /** Sends what it can in `ms`, and says what is left. */
  async stop(/** @type {number} */ ms) {
    this.mapping.finishRuns();
    await this.sender.drain(ms);
    if (this.queue.length > 0) this.#log.warn(`${this.queue.length} events could not be sent before the end and are lost`);
  }

  /** Makes an event and queues it. Its id is fixed here: sent twice, it is a duplicate at the gateway, not a second event. */
  #emit(/** @type {string} */ type, /** @type {Record<string, any>} */ data, at = Date.now()) {
    const settings = this.#settings;
    if (settings === undefined || !settings.events.has(type)) return;
    const now = Date.now();
    const id = eventId(now);
    const isTime = Number.isFinite(at) && at > EARLIEST && at < now + A_DAY;
    const timestamp = new Date(isTime ? at : now).toISOString();
    for (const path of settings.redact) redact(data, path);

    // As text at once: what OpenClaw does to its objects afterwards is no part of the event.
    const write = (/** @type {unknown} */ written) =>
      JSON.stringify({ id, type, timestamp, instanceId: settings.instanceId, data: written });
    let text = write(data);
    const bytes = Buffer.byteLength(text);
    // Control characters take six bytes each, so a budget of characters may have to shrink a few times.
    for (let budget = settings.maxEventBytes; Buffer.byteLength(text) > settings.maxEventBytes && budget > 1; budget /= 2) {
      text = write(cut(data, budget / 2));
    }
    if (Buffer.byteLength(text) < bytes) {
      this.#log.warn(`${type} ${id} had ${bytes} bytes and was cut; maxEventBytes allows ${settings.maxEventBytes}`);
    }
    // What can't be cut enough meets the queue's or the gateway's limit, and is counted there.
    if (this.queue.push(id, text)) {
      this.#isFull = false;
    } else if (!this.#isFull) {
      this.#isFull = true;
      this.#log.warn("the queue is full; the oldest events are dropped, and the gateway is told how many (maxQueueEvents, maxQueueBytes)");
    }
    this.sender.wake();
  }
}

/** Replaces what is at `path` in `data`, if anything is; in a list, in each item. As an endpoint's `redact` does at the gateway. */
function redact(/** @type {any} */ data, /** @type {string[]} */ [key, ...rest]) {
  if (Array.isArray(data)) {
    for (const item of data) redact(item, [key, ...rest]);
  } else if (typeof data === "object" && data !== null && Object.hasOwn(data, key)) {
    if (rest.length === 0) data[key] = "[redacted]";
    else redact(data[key], rest);
  }
}
