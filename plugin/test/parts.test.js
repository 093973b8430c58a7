// The small parts, each by itself: configuration, ids, cutting, the queue's bounds, Retry-After.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import plugin from "../index.js";
import { EVENT_TYPES, ID, readConfig } from "../lib/config.js";
import { cut, cutText } from "../lib/cut.js";
import { eventId } from "../lib/ids.js";
import { Queue } from "../lib/queue.js";
import { retryAfterMs } from "../lib/sender.js";
import { Host } from "./support.js";

const read = (/** @type {string} */ name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));

test("manifest, package and code agree", () => {
  const manifest = read("openclaw.plugin.json");
  const packed = read("package.json");
  assert.equal(manifest.id, ID);
  assert.equal(plugin.id, ID);
  assert.equal(packed.name, ID);
  assert.equal(manifest.version, packed.version);
  assert.deepEqual(packed.openclaw.extensions, ["./index.js"]);
  // OpenClaw refuses to start over what its schema refuses; the plugin would rather stay quiet.
  assert.equal(manifest.configSchema.additionalProperties, true);
  assert.equal(manifest.configSchema.required, undefined);
  const { faults } = readConfig({ nothing: 1 }, {});
  for (const key of Object.keys(manifest.configSchema.properties)) assert.ok(faults[0].includes(key), key);
});

test("without any configuration everything goes to the gateway of this machine", () => {
  const { settings, faults } = readConfig(undefined, {});
  assert.deepEqual(faults, []);
  assert.equal(settings.url, "http://127.0.0.1:8787/api/v1/events");
  assert.equal(settings.token, undefined);
  assert.deepEqual([...settings.events], EVENT_TYPES);
  assert.ok(settings.instanceId.length > 0);
});

test("the gateway's address may have a path, and a token may come from the environment", () => {
  const url = (/** @type {string} */ given) => readConfig({ url: given }, {}).settings.url;
  assert.equal(url("https://hooks.example.com/gateway/"), "https://hooks.example.com/gateway/api/v1/events");
  assert.equal(url("http://127.0.0.1:8787/api/v1/events"), "http://127.0.0.1:8787/api/v1/events");
  const env = { OPENCLAW_WEBHOOKS_INGEST_TOKEN: "from-env\n" };
  assert.equal(readConfig({}, env).settings.token, "from-env");
  assert.equal(readConfig({ token: "own" }, env).settings.token, "own");
});

test("every fault names its key and a remedy", () => {
  for (const [config, expected] of /** @type {Array<[any, RegExp]>} */ ([
    [{ url: "127.0.0.1:8787" }, /config\.url must be the gateway's address with http:\/\//],
    [{ url: 8787 }, /config\.url must be text, such as http:\/\/127/],
    [{ url: "http://x?token=t" }, /config\.url must end before any \?.*key token/],
    [{ url: "http://me:pw@x" }, /config\.url must not hold a user/],
    [{ token: "${NOT_SET}" }, /config\.token names the environment variable NOT_SET, which is not set; set it where/],
    [{ token: "two words" }, /config\.token must be of visible ASCII/],
    [{ token: { source: "env" } }, /config\.token must be text/],
    [{ instanceId: "ä".repeat(200) }, /config\.instanceId must have at most 256 bytes/],
    [{ events: ["message.send"] }, /config\.events has "message\.send", which is none of message\.received, /],
    [{ events: [] }, /config\.events must be a list, such as/],
    [{ redact: "data.message.content" }, /config\.redact must be a list, such as \["data\.message\.content"\]/],
    [{ redact: ["message.content"] }, /config\.redact has "message\.content"; a path starts with data\./],
    [{ maxQueueEvents: 0 }, /config\.maxQueueEvents must be a whole number from 1 to/],
    [{ maxEventBytes: "1 MB" }, /config\.maxEventBytes must be a whole number/],
    [{ redcat: [] }, /config\.redcat is not known; known are url, token, .*redact/],
    [["a"], /config must be an object/],
  ])) {
    const { faults } = readConfig(config, {});
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0], expected);
    assert.match(faults[0], /^plugins\.entries\.openclaw-webhooks\.config/);
  }
  assert.equal(readConfig({ url: 1, token: 2, maxQueueBytes: 3 }, {}).faults.length, 3);
});

test("a faulty configuration leaves the plugin inert", (t) => {
  const host = new Host(t, { url: "nowhere" });
  assert.deepEqual(host.hookNames, []);
  assert.equal(host.warnings.length, 2);
  assert.match(host.warnings[0], /^openclaw-webhooks: plugins\.entries\.openclaw-webhooks\.config\.url must be/);
  assert.match(host.warnings[1], /no events are sent until that is mended/);
});

test("nothing is listened to when OpenClaw only asks what the plugin is", (t) => {
  const host = new Host(t, {});
  assert.ok(host.hookNames.includes("before_tool_call"));
  for (const mode of ["cli-metadata", "setup-only", "setup-runtime", "tool-discovery"]) {
    host.load({}, mode);
    assert.deepEqual(host.hookNames, []);
  }
});

test("ids are UUIDv7, and rise even when the clock does not", () => {
  const ids = [1_795_472_354_629, 1_795_472_354_629, 1_795_472_354_000].map((now) => eventId(now));
  for (let i = 0; i < 10_000; i += 1) ids.push(eventId(1_795_472_354_630));
  for (const id of ids) assert.match(id, /^evt_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(Number.parseInt(ids[0].slice(4, 16), 16), 1_795_472_354_629);
});

test("a copy holds only what JSON can, whatever it is made of", () => {
  const loop = /** @type {any} */ ({ name: "loop" });
  loop.self = loop;
  const value = {
    date: new Date(0),
    broken: new Date(NaN),
    big: 12n,
    buffer: Buffer.alloc(1_000_000),
    error: new TypeError("no"),
    nothing: undefined,
    call() {},
    half: "\ud83e",
    list: [undefined, () => {}, NaN],
    get thrown() {
      throw new Error("getter");
    },
    refused: new Proxy({}, { ownKeys: () => assert.fail("proxy") }),
    loop,
    ["__proto__"]: { polluted: true },
  };
  const copied = JSON.parse(JSON.stringify(cut(value, 10_000)));
  const { loop: looped, ...rest } = copied;
  assert.deepEqual(
    rest,
    {
      date: "1970-01-01T00:00:00.000Z",
      broken: null,
      big: "12",
      buffer: "[1000000 bytes]",
      error: { name: "TypeError", message: "no" },
      half: "\ufffd",
      list: [null, null, null],
      thrown: "[unreadable]",
      refused: "[unreadable]",
      ["__proto__"]: { polluted: true },
    },
  );
  assert.match(JSON.stringify(looped), /too deep/);
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
});

test("a copy costs what the budget allows, not what is there", () => {
  const huge = Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: "x".repeat(10) }));
  const began = performance.now();
  const copied = /** @type {any[]} */ (cut(huge, 1_000));
  assert.ok(performance.now() - began < 300); // all of it would take seconds
  assert.match(copied.at(-1), /^\[cut: 1000000 items\]$/);
  assert.ok(JSON.stringify(copied).length < 5_000);
  assert.equal(cutText("a".repeat(10), 4), "aaaa… [cut: 10 characters]");
  assert.equal(cutText("🦞🦞", 3), "🦞… [cut: 4 characters]");
});

test("the queue is bounded in events and bytes; the oldest go, but never those on their way", () => {
  const queue = new Queue();
  queue.limit(3, 1_000);
  const ids = () => queue.next(1_000, 1_000_000).map((event) => event.id).join("");
  for (const id of "abc") assert.equal(queue.push(id, "{}"), true);
  assert.equal(queue.push("d", "{}"), false);
  assert.equal(queue.dropped, 1);
  assert.equal(ids(), "bcd");
  queue.back();

  assert.deepEqual(queue.next(2, 1_000).map((event) => event.id), ["b", "c"]);
  queue.push("e", "{}");
  queue.back(); // they came back, and are still there
  assert.equal(ids(), "bce");
  assert.deepEqual(queue.next(2, 1_000).map((event) => event.id), ["b", "c"]);
  queue.done(1);
  assert.equal(queue.dropped, 1); // d went while the first loss was being reported
  assert.equal(ids(), "e");
  queue.push("f", "x".repeat(2_000)); // alone too big
  assert.equal(queue.dropped, 2);
  queue.done(2);
  assert.equal(queue.hasNews, false);

  queue.push("g", "x".repeat(600));
  queue.push("h", "x".repeat(600));
  assert.equal(ids(), "h");
  assert.equal(queue.bytes, 600);
  queue.push("i", "x".repeat(600)); // h is on its way, and there is no room beside it
  queue.done(0);
  assert.deepEqual([queue.length, queue.bytes, queue.dropped], [0, 0, 2]);
});

test("a batch ends before it has too many events or bytes", () => {
  const queue = new Queue();
  queue.limit(100, 1_000_000);
  for (let i = 0; i < 10; i += 1) queue.push(`e${i}`, "x".repeat(99));
  assert.equal(queue.next(3, 1_000_000).length, 3);
  assert.equal(queue.next(100, 500).length, 5);
  assert.equal(queue.next(100, 10).length, 1);
});

test("Retry-After is seconds or a date, within reason", () => {
  const now = Date.parse("2026-11-23T22:00:00Z");
  assert.equal(retryAfterMs("7", now), 7_000);
  assert.equal(retryAfterMs("Mon, 23 Nov 2026 22:00:30 GMT", now), 30_000);
  assert.equal(retryAfterMs("Mon, 23 Nov 2020 22:00:30 GMT", now), 0);
  assert.equal(retryAfterMs("999999", now), 300_000);
  assert.equal(retryAfterMs("soon", now), undefined);
  assert.equal(retryAfterMs(null, now), undefined);
});
