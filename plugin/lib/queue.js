// Holds the events that wait for the gateway, for the forwarder (which adds) and the sender (which takes): bounded, in order.

/**
 * An event, as it will be sent.
 * @typedef {{id: string, text: string, bytes: number}} Waiting
 */

export class Queue {
  /** @type {Waiting[]} */
  #events = [];
  #bytes = 0;
  /** How many at the front are on their way. They may have arrived, so they are not dropped. */
  #onTheirWay = 0;
  #dropped = 0;
  #maxEvents = 1;
  #maxBytes = 1;

  limit(/** @type {number} */ maxEvents, /** @type {number} */ maxBytes) {
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
    this.#makeRoom(0, 0);
  }

  get length() {
    return this.#events.length;
  }

  get bytes() {
    return this.#bytes;
  }

  /** How many events were lost and not yet reported. */
  get dropped() {
    return this.#dropped;
  }

  /** Whether there is anything to tell the gateway. */
  get hasNews() {
    return this.#events.length > 0 || this.#dropped > 0;
  }

  /** Adds an event; the oldest make room for it. Returns whether nothing was lost. */
  push(/** @type {string} */ id, /** @type {string} */ text) {
    const bytes = Buffer.byteLength(text);
    const before = this.#dropped;
    if (this.#makeRoom(1, bytes)) {
      this.#events.push({ id, text, bytes });
      this.#bytes += bytes;
    } else {
      this.#dropped += 1; // all that waits is on its way, or this one alone is too big
    }
    return this.#dropped === before;
  }

  /** The next events to send, without taking them out: that is for `done`, once the gateway has them. */
  next(/** @type {number} */ mostEvents, /** @type {number} */ mostBytes) {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(mostEvents, this.#events.length)) {
      bytes += this.#events[count].bytes + 1; // and a comma
      if (bytes > mostBytes && count > 0) break;
      count += 1;
    }
    this.#onTheirWay = count;
    return this.#events.slice(0, count);
  }

  /** The gateway has the events that were on their way, and knows of `reported` lost ones. */
  done(/** @type {number} */ reported) {
    for (const event of this.#events.splice(0, this.#onTheirWay)) this.#bytes -= event.bytes;
    this.#onTheirWay = 0;
    this.#dropped -= reported; // not to 0: more may have been lost meanwhile
  }

  /** The events that were on their way came back; they stay in front. */
  back() {
    this.#onTheirWay = 0;
  }

  /** Gives the event at `index` up. */
  drop(/** @type {number} */ index) {
    const [event] = this.#events.splice(index, 1);
    if (event === undefined) return;
    this.#bytes -= event.bytes;
    this.#dropped += 1;
  }

  /** Drops the oldest that are not on their way until there is room. Returns whether there is. */
  #makeRoom(/** @type {number} */ events, /** @type {number} */ bytes) {
    if (bytes > this.#maxBytes) return false;
    while (this.#events.length + events > this.#maxEvents || this.#bytes + bytes > this.#maxBytes) {
      if (this.#events.length <= this.#onTheirWay) return false;
      this.drop(this.#onTheirWay);
    }
    return true;
  }
}
