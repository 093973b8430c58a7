// What OpenClaw must be able to rely on: handlers that return at once, return nothing and never throw, whatever they get.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Gateway, Host, Relay, until } from "./support.js";

test("before_tool_call returns undefined at once, with a gateway that is away and a huge parameter", async (t) => {
  const relay = await Relay.start(t);
  const host = new Host(t, { url: relay.url, maxQueueEvents: 100 });
  const params = { files: Array.from({ length: 100_000 }, (_, i) => ({ path: `/file/${i}`, text: "x".repeat(100) })) };
  host.fire("before_tool_call", { toolName: "warm up", params }, {});
  const began = performance.now();
  for (let i = 0; i < 1_000; i += 1) {
    assert.equal(host.fire("before_tool_call", { toolName: "write", params, runId: `r${i}` }, { sessionKey: "agent:main:main" }), undefined);
  }
  const each = (performance.now() - began) / 1_000;
  assert.ok(each < 20, `${each} ms each`); // OpenClaw allows 15,000
});

/** The same numbers every time (mulberry32). */
function dice(/** @type {number} */ seed) {
  return (/** @type {number} */ sides) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

const KEYS = [
  "agentId", "sessionKey", "sessionId", "runId", "channelId", "channel", "conversationId", "accountId", "senderId", "from", "to", "content",
  "timestamp", "messageId", "toolName", "params", "result", "error", "durationMs", "toolCallId", "messages", "success", "usage", "model",
  "prompt", "requester", "trigger", "reason", "messageCount", "data", "chatId", "messageProvider",
];

const LOOP = {};
Object.assign(LOOP, { loop: LOOP });
const refuses = () => {
  throw new Error("refused");
};
const GARBAGE = [
  undefined, null, true, false, 0, -1, NaN, Infinity, 1e300, 10n, "", "\0", "\ud800", "agent:\0:x", `agent:${"ü".repeat(400)}:x`,
  "x".repeat(100_000), "2026-11-23", Symbol("s"), () => {}, new Date(NaN), new Date(8.64e15), Buffer.from("bytes"), new Map([[1, 2]]),
  new Error("garbage"), Object.create(null), LOOP, new Proxy({}, { get: refuses, ownKeys: refuses }), /x/, "lifecycle", Date.now(),
  { role: "assistant", content: [null, { type: "text" }, 7] }, { executionSettled: true, phase: "end" },
  { executionSettled: true, phase: "error", error: {} },
];

/** @returns {any} */
function garbage(/** @type {(sides: number) => number} */ roll, depth = 0) {
  const kind = roll(depth > 2 ? 6 : 10);
  if (kind < 6) return GARBAGE[roll(GARBAGE.length)];
  if (kind === 6) return Array.from({ length: roll(5) }, () => garbage(roll, depth + 1));
  return Object.fromEntries(KEYS.filter(() => roll(3) === 0).map((key) => [key, garbage(roll, depth + 1)]));
}

test("no handler throws or returns anything, whatever it is called with; and what becomes of it is good at the gateway", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  const host = new Host(t, { url: relay.url, maxContentChars: 2_000 });
  const roll = dice(20_261_123);
  const hooks = host.hookNames.filter((name) => name !== "gateway_stop");
  assert.equal(hooks.length, 10);
  for (let i = 0; i < 3_000; i += 1) {
    /** @type {string} */
    const name = hooks[roll(hooks.length)];
    assert.equal(host.fire(name, garbage(roll), garbage(roll)), undefined, name);
    assert.equal(host.lifecycle(garbage(roll)), undefined);
  }
  host.receives("the end");
  await until(() => relay.posted.at(-1)?.events.at(-1)?.data.message?.content === "the end", "the last batch");
  await host.stop();
  const ids = new Set(relay.posted.flatMap((batch) => batch.events.map((event) => event.id)));
  assert.ok(ids.size > 1_000, `${ids.size} events`);
  assert.deepEqual(relay.posted.filter((batch) => batch.dropped > 0), []);
  assert.doesNotMatch(host.warnings.join("\n"), /the gateway refused|could not be sent/);
});

test("a host that offers less, or throws in its log, is served too", async (t) => {
  const gateway = await Gateway.start(t);
  const host = new Host(t, {});
  const { default: plugin } = await import("../index.js");
  /** @type {Map<string, (event: any, context: any) => any>} */
  const hooks = new Map();
  plugin.register({
    pluginConfig: { url: gateway.url },
    logger: { warn() { throw new Error("the disk is full"); } },
    on: (/** @type {string} */ name, /** @type {any} */ handler) => hooks.set(name, handler),
  });
  hooks.get("session_start")?.({ sessionId: "s" }, undefined);
  hooks.get("message_received")?.(new Proxy({}, { get: () => { throw new Error("no"); } }), {});
  await gateway.eventually(1);
  await host.stop();
});
