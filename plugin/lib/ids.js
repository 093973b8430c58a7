// Makes event ids for the forwarder: UUIDv7, so they sort by time, and strictly rising, so they keep the order of what happened.

import { randomBytes } from "node:crypto";

let lastMs = 0;
let count = 0;

/** @returns {string} `evt_` and a UUIDv7 without dashes */
export function eventId(now = Date.now()) {
  if (now > lastMs) {
    lastMs = now;
    count = 0;
  } else {
    count += 1; // the same millisecond, or a clock that was set back
    if (count > 0xfff) {
      lastMs += 1;
      count = 0;
    }
  }
  const random = randomBytes(8);
  random[0] = 0x80 | (random[0] & 0x3f);
  const time = lastMs.toString(16).padStart(12, "0");
  return `evt_${time}7${count.toString(16).padStart(3, "0")}${random.toString("hex")}`;
}
