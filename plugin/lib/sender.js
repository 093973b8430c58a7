// Posts what waits in the queue to the gateway, batch by batch in order, for the forwarder: until each event is there or refused for good.

/** @typedef {{debug: Say, info: Say, warn: Say}} Log @typedef {(text: string) => void} Say */

// What the gateway takes in one request.
const MOST_EVENTS = 1_000;
const MOST_BYTES = 8 * 1024 * 1024 - 1_024;

/** In milliseconds. */
export const TIMES = {
  gather: 50, // from the first event to its request, so that what happens at once goes out at once
  answer: 15_000,
  firstRetry: 250,
  longestRetry: 30_000,
  longestRetryAfter: 300_000,
  misconfigured: 60_000,
};

/**
 * What came of a request.
 * @typedef {{kind: "accepted"}
 *   | {kind: "retry", why: string, afterMs?: number}
 *   | {kind: "misconfigured", why: string}
 *   | {kind: "refused", why: string, index?: number}} Outcome
 */

export class Sender {
  #queue;
  #log;
  #times;
  #url = "";
  /** @type {string | undefined} */
  #token;
  /** @type {Promise<void> | undefined} */
  #working;
  /** Called when there is a reason to try at once. @type {(() => void) | undefined} */
  #resume;
  /** Whether that came while a request was on its way: the next pause is then left out. */
  #hurried = false;
  /** When a drain ends. @type {number | undefined} */
  #deadline;
  /** How many events a request may have: fewer while a bad one is looked for. */
  #most = MOST_EVENTS;
  /** Requests in a row that came to nothing. */
  #failures = 0;
  /** What was last said about the gateway, so that it is said once. */
  #trouble = "";

  constructor(
    /** @type {import("./queue.js").Queue} */ queue,
    /** @type {Log} */ log,
    /** @type {Partial<typeof TIMES>} */ times = {},
  ) {
    this.#queue = queue;
    this.#log = log;
    this.#times = { ...TIMES, ...times };
  }

  /** Goes by another address or token from the next request on, which is made at once. */
  configure(/** @type {string} */ url, /** @type {string | undefined} */ token) {
    const changed = url !== this.#url || token !== this.#token;
    this.#url = url;
    this.#token = token;
    if (changed) this.#resume?.();
    this.wake();
  }

  /** Something waits. Returns at once; the work goes on beside. */
  wake() {
    if (this.#working !== undefined || this.#url === "" || !this.#queue.hasNews) return;
    this.#working = this.#work()
      .catch((error) => {
        this.#log.warn(`sending failed, and is tried again: ${error}`);
        return this.#pause(this.#times.longestRetry);
      })
      .finally(() => {
        this.#working = undefined;
        if (this.#deadline === undefined) this.wake(); // for what came after the last look
      });
  }

  /** Sends what waits, without long pauses and for at most `ms`; for the end of the process. */
  async drain(/** @type {number} */ ms) {
    this.#deadline = Date.now() + ms;
    try {
      this.#resume?.();
      this.wake();
      await this.#working; // every wait in it now ends by the deadline
    } finally {
      this.#deadline = undefined;
    }
  }

  async #work() {
    await this.#pause(this.#times.gather);
    while (this.#queue.hasNews) {
      const pause = await this.#sendBatch();
      if (this.#deadline !== undefined && Date.now() >= this.#deadline) return;
      if (pause > 0) await this.#pause(pause);
    }
  }

  /** Sends one batch; returns how long to wait before the next. */
  async #sendBatch() {
    const batch = this.#queue.next(this.#most, MOST_BYTES);
    const dropped = this.#queue.dropped;
    const outcome = await this.#post(`{"dropped":${dropped},"events":[${batch.map((event) => event.text).join(",")}]}`, batch.length);
    if (outcome.kind === "accepted") {
      this.#queue.done(dropped);
      this.#most = Math.min(this.#most * 2, MOST_EVENTS);
      this.#failures = 0;
      if (this.#trouble !== "") this.#log.info(`the gateway takes events again; ${this.#queue.length} wait`);
      this.#trouble = "";
      return 0;
    }
    this.#queue.back();
    switch (outcome.kind) {
      case "refused":
        return this.#refused(batch, outcome);
      case "misconfigured":
        this.#failures += 1;
        this.#say(outcome.why, `${outcome.why}; until then events wait`);
        if (this.#deadline !== undefined) this.#deadline = Date.now(); // nobody mends it before the end
        return this.#times.misconfigured;
      default: {
        this.#failures += 1;
        this.#say("retry", `${this.#url} can't take events (${outcome.why}); they wait and are sent again`);
        return Math.max(this.#backoff(), outcome.afterMs ?? 0);
      }
    }
  }

  /**
   * The batch holds an event that the gateway will never take: that one is given up, the others go on.
   * @param {import("./queue.js").Waiting[]} batch
   * @param {{why: string, index?: number}} refusal
   */
  #refused(batch, { why, index }) {
    if (index !== undefined && index < batch.length) {
      this.#giveUp(index, batch[index].id, why);
      return 0;
    }
    if (batch.length > 1) {
      // Nobody says which: it is in the first half, or in what comes after it.
      this.#most = Math.ceil(batch.length / 2);
      return 0;
    }
    // Something may stand in between that refuses everything: it must not empty the queue in a moment.
    this.#failures += 1;
    if (batch.length === 1) this.#giveUp(0, batch[0].id, why);
    else this.#say(why, `the gateway refuses an empty batch: ${why}`);
    return this.#backoff();
  }

  #giveUp(/** @type {number} */ index, /** @type {string} */ id, /** @type {string} */ why) {
    this.#queue.drop(index);
    this.#log.warn(`the gateway refused the event ${id}, which is given up and counted as dropped: ${why}`);
  }

  /** @returns {Promise<Outcome>} */
  async #post(/** @type {string} */ body, /** @type {number} */ count) {
    const stop = new AbortController();
    const stopIn = (/** @type {number} */ ms) => setTimeout(() => stop.abort(new Error("no answer in time")), ms).unref();
    const timers = [stopIn(this.#untilDeadline(this.#times.answer))];
    this.#hurried = false;
    // When a drain begins meanwhile, this request may last as long as the drain.
    this.#resume = () => {
      this.#hurried = true;
      timers.push(stopIn(this.#untilDeadline(this.#times.answer)));
    };
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "openclaw-webhooks-plugin",
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        },
        body,
        redirect: "manual", // the token is for this address alone
        signal: stop.signal,
      });
      return judge(response, await response.text(), count, this.#url);
    } catch (error) {
      return { kind: "retry", why: reasonOf(error) };
    } finally {
      for (const timer of timers) clearTimeout(timer);
      this.#resume = undefined;
    }
  }

  /** Waits for `ms`, or until there is a reason to hurry. */
  async #pause(/** @type {number} */ ms) {
    if (this.#hurried) return;
    const isDraining = this.#deadline !== undefined;
    await new Promise((resolve) => {
      this.#resume = () => resolve(undefined);
      const timer = setTimeout(resolve, isDraining ? this.#untilDeadline(Math.min(ms, this.#times.firstRetry)) : ms);
      if (!isDraining) timer.unref(); // nothing of ours keeps OpenClaw's process alive
    });
    this.#resume = undefined;
  }

  #untilDeadline(/** @type {number} */ ms) {
    return this.#deadline === undefined ? ms : Math.max(Math.min(ms, this.#deadline - Date.now()), 1);
  }

  #backoff() {
    const ms = Math.min(this.#times.firstRetry * 2 ** Math.min(this.#failures - 1, 20), this.#times.longestRetry);
    return ms * (0.8 + 0.4 * Math.random()); // not all OpenClaws at once
  }

  /** Says `text` loudly the first time, quietly while the trouble stays the same. */
  #say(/** @type {string} */ trouble, /** @type {string} */ text) {
    if (trouble === this.#trouble) this.#log.debug(text);
    else this.#log.warn(text);
    this.#trouble = trouble;
  }
}

/**
 * What the gateway's answer means for the batch.
 * @param {Response} response
 * @param {string} text
 * @param {number} count
 * @param {string} url
 * @returns {Outcome}
 */
function judge(response, text, count, url) {
  const { status } = response;
  const answer = parsed(text);
  /** @type {Outcome} */
  const stranger = { kind: "misconfigured", why: `${url} answers ${status}, but not as the gateway does; look at the key url` };
  if (response.ok) {
    // Some other server may say 200 to everything: events are only done with when the gateway says so, one by one.
    return Array.isArray(answer?.events) && answer.events.length === count ? { kind: "accepted" } : stranger;
  }
  const detail = typeof answer?.detail === "string" ? answer.detail.slice(0, 500) : `HTTP ${status}`;
  if (status === 401 || status === 403) {
    const remedy = "set the key token to the gateway's webhooks.server.ingestToken";
    return { kind: "misconfigured", why: `the gateway refuses this sender (HTTP ${status}: ${detail}); ${remedy}` };
  }
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
    return { kind: "misconfigured", why: `no gateway takes events at ${url} (HTTP ${status}); look at the key url` };
  }
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return { kind: "retry", why: `HTTP ${status}: ${detail}`, afterMs: retryAfterMs(response.headers.get("retry-after")) };
  }
  // Only the gateway itself may refuse an event for good, and it does so with a code. But what stands in between may
  // have a limit of its own on a request's size.
  if (typeof answer?.code !== "string" && status !== 413) return stranger;
  // The problem names the place: in `field`, in `errors`, or, when the event is no JSON, in words.
  const places = [answer?.field, ...[answer?.errors].flat().map((error) => error?.field), answer?.detail];
  const index = places.map((place) => /^events\[(\d+)\]/.exec(String(place))?.[1]).find((found) => found !== undefined);
  return { kind: "refused", why: detail, index: index === undefined ? undefined : Number(index) };
}

/** @returns {any} */
function parsed(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The wait that `Retry-After` asks for: seconds or a date. */
export function retryAfterMs(/** @type {string | null} */ value, now = Date.now()) {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), TIMES.longestRetryAfter) : undefined;
}

/** Why a request came to nothing; fetch hides it behind "fetch failed". */
function reasonOf(/** @type {any} */ error) {
  const cause = error?.cause ?? error;
  return String(cause?.code ?? cause?.message ?? cause);
}
