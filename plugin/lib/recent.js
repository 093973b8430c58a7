// A map that forgets by itself, for events.js: what one hook says is remembered until another needs it, not for ever.

/** @template V */
export class Recent {
  /** @type {Map<string, {value: V, at: number}>} */
  #entries = new Map();
  #most;
  #maxAgeMs;

  constructor(/** @type {number} */ most, /** @type {number} */ maxAgeMs) {
    this.#most = most;
    this.#maxAgeMs = maxAgeMs;
  }

  /** @returns {V | undefined} */
  get(/** @type {string | undefined} */ key) {
    const entry = key === undefined ? undefined : this.#entries.get(key);
    return entry !== undefined && Date.now() - entry.at < this.#maxAgeMs ? entry.value : undefined;
  }

  /** Remembers `value`, as the newest. */
  set(/** @type {string} */ key, /** @type {V} */ value) {
    const now = Date.now();
    this.#entries.delete(key);
    this.#entries.set(key, { value, at: now });
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#most && now - entry.at < this.#maxAgeMs) break;
      this.#entries.delete(oldest);
    }
  }

  delete(/** @type {string} */ key) {
    this.#entries.delete(key);
  }

  values() {
    return [...this.#entries.values()].map((entry) => entry.value);
  }
}
