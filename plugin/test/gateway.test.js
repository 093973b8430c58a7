// The whole plugin against a real gateway: what arrives, and that nothing is lost, doubled or reordered when things go wrong.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../lib/queue.js";
import { Sender } from "../lib/sender.js";
import { Gateway, Host, Relay, until } from "./support.js";

const content = (/** @type {any} */ event) => event.data.message?.content;
const numbers = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: to - from }, (_, i) => `message ${from + i}`);

test("all seven types arrive, with their fields", async (t) => {
  const gateway = await Gateway.start(t);
  const host = new Host(t, { url: gateway.url, instanceId: "node-1" });
  const agent = { runId: "r1", agentId: "main", sessionKey: "agent:main:main", sessionId: "s1", messageProvider: "webchat", trigger: "user", modelId: "mock" };
  const at = Date.now() - 5_000;
  host.fire("message_received", { from: "cli", content: "what time is it?", timestamp: at, sessionKey: agent.sessionKey }, { channelId: "webchat" });
  host.fire("session_start", { sessionId: "s1", sessionKey: agent.sessionKey }, { agentId: "main", sessionId: "s1" });
  host.fire("before_tool_call", { toolName: "clock", params: { zone: "UTC" }, runId: "r1", toolCallId: "c1" }, agent);
  host.fire("after_tool_call", { toolName: "clock", params: { zone: "UTC" }, runId: "r1", toolCallId: "c1", error: "no such clock", durationMs: 12 }, agent);
  host.fire("agent_end", { runId: "r1", messages: [{ role: "assistant", content: "I can't tell 🦞" }], success: true, durationMs: 50 }, agent);
  host.fire("llm_output", { runId: "r1", sessionId: "s1", model: "mock", usage: { input: 100, output: 22, total: 122 } }, agent);
  host.runEnds("r1");
  host.fire("session_end", { sessionId: "s1", sessionKey: agent.sessionKey, messageCount: 2, reason: "new" }, { agentId: "main", sessionId: "s1" });

  const events = await gateway.eventually(7);
  for (const event of events) {
    assert.match(event.id, /^evt_[0-9a-f]{32}$/);
    assert.equal(event.instanceId, "node-1");
    assert.equal(event.data.agentId, "main");
    assert.equal(event.data.sessionKey, "agent:main:main");
  }
  assert.equal(events[0].timestamp, new Date(at).toISOString());
  const run = { agentId: "main", sessionId: "s1", sessionKey: "agent:main:main", runId: "r1", channel: "webchat", trigger: "user" };
  assert.deepEqual(
    events.map(({ type, data }) => ({ type, data })),
    [
      { type: "message.received", data: { agentId: "main", sessionId: "agent:main:main", sessionKey: "agent:main:main", channel: "webchat", userId: "cli", message: { role: "user", content: "what time is it?" } } },
      { type: "session.created", data: { agentId: "main", sessionId: "s1", sessionKey: "agent:main:main" } },
      { type: "tool.called", data: { ...run, tool: { name: "clock", callId: "c1", params: { zone: "UTC" } } } },
      { type: "tool.completed", data: { ...run, tool: { name: "clock", callId: "c1", params: { zone: "UTC" }, success: false, error: "no such clock", durationMs: 12 } } },
      { type: "error.occurred", data: { ...run, error: { message: "no such clock", source: "after_tool_call", toolName: "clock" } } },
      {
        type: "message.sent",
        data: { ...run, message: { role: "assistant", content: "I can't tell 🦞" }, model: "mock", usage: { inputTokens: 100, outputTokens: 22, totalTokens: 122 }, durationMs: 50, derivedFrom: "agent_end" },
      },
      { type: "session.ended", data: { agentId: "main", sessionId: "s1", sessionKey: "agent:main:main", messageCount: 2, reason: "new" } },
    ],
  );
  assert.deepEqual(host.warnings, []);
});

test("only the wanted types leave, and what is redacted never does", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  const host = new Host(t, { url: relay.url, events: ["message.received", "tool.called"], redact: ["data.message.content", "data.tool.params.logins.password"] });
  host.fire("session_start", { sessionId: "s" }, {});
  host.receives("a secret");
  host.fire("before_tool_call", { toolName: "login", params: { user: "me", logins: [{ password: "hunter2" }, {}] } }, {});
  const events = await gateway.eventually(2);
  assert.equal(content(events[0]), "[redacted]");
  assert.deepEqual(events[1].data.tool.params, { user: "me", logins: [{ password: "[redacted]" }, {}] });
  assert.doesNotMatch(JSON.stringify(relay.posted), /a secret|hunter2/);
});

test("a time that can't be right is now", async (t) => {
  const gateway = await Gateway.start(t);
  const host = new Host(t, { url: gateway.url });
  const times = [1e300, 8.64e15, -1, NaN, 1_795_472_354, "yesterday", undefined];
  for (const timestamp of times) host.fire("message_received", { content: "hello", timestamp }, {});
  for (const event of await gateway.eventually(times.length)) {
    assert.ok(Math.abs(Date.now() - Date.parse(event.timestamp)) < 60_000, event.timestamp);
  }
  assert.deepEqual(host.warnings, []);
});

test("what OpenClaw changes after a hook is no part of the event", async (t) => {
  const gateway = await Gateway.start(t);
  const host = new Host(t, { url: gateway.url });
  const params = { command: "ls" };
  host.fire("before_tool_call", { toolName: "exec", params }, {});
  params.command = "rm -r /";
  const [event] = await gateway.eventually(1);
  assert.equal(event.data.tool.params.command, "ls");
});

test("the gateway goes and comes back: nothing lost, nothing twice, order kept", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  const host = new Host(t, { url: relay.url });
  for (const text of numbers(0, 20)) host.receives(text);
  await gateway.eventually(20);

  relay.gateway = undefined;
  await gateway.stop();
  for (const text of numbers(20, 1_020)) host.receives(text); // more than one request holds
  const before = relay.posted.length;
  await until(() => relay.posted.length >= before + 3, "attempts without a gateway");
  assert.equal(host.warnings.length, 1, host.warnings.join("\n")); // said once, not with every attempt

  await gateway.start();
  relay.gateway = gateway;
  for (const text of numbers(1_020, 1_030)) host.receives(text);
  await until(() => relay.posted.at(-1)?.events.at(-1)?.data.message.content === "message 1029", "the last event on its way");
  await host.stop();

  const posted = new Map(relay.posted.flatMap((batch) => batch.events.map((event) => [event.id, content(event)])));
  assert.deepEqual([...posted.values()], numbers(0, 1_030)); // an id is fixed before its first attempt
  for (const batch of relay.posted) assert.ok(batch.events.length <= 1_000);
  const newest = await gateway.events(); // the API shows 500 at once
  assert.deepEqual(newest.map(content), numbers(530, 1_030));
  assert.deepEqual(relay.posted.map((batch) => batch.dropped).filter((dropped) => dropped > 0), []);
});

test("killed between accepting and answering: the retry is a duplicate there", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  const host = new Host(t, { url: relay.url });
  /** @type {any} */
  let lost;
  relay.losesAnswer = async (answer) => {
    lost = answer;
    relay.gateway = undefined;
    await gateway.kill();
  };
  for (const text of numbers(0, 5)) host.receives(text);
  await until(() => lost, "the answer that got lost");
  assert.equal(lost.status, 202);
  for (const text of numbers(5, 10)) host.receives(text);
  await gateway.start();
  relay.gateway = gateway;
  const events = await gateway.eventually(10);
  assert.deepEqual(events.map(content), numbers(0, 10));
  const [first, ...later] = relay.posted;
  assert.deepEqual(first.events.map(content), numbers(0, 5));
  assert.deepEqual(later.at(-1)?.events.slice(0, 5), first.events);
});

test("more than the queue holds: the oldest go, and the gateway is told how many", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t);
  const host = new Host(t, { url: relay.url, maxQueueEvents: 10 });
  for (const text of numbers(0, 25)) host.receives(text);
  await until(() => relay.posted.length >= 2, "attempts without a gateway");
  assert.equal(relay.posted.at(-1)?.dropped, 15);
  assert.equal(host.warnings.filter((text) => /queue is full/.test(text)).length, 1);
  relay.gateway = gateway;
  const events = await gateway.eventually(10);
  assert.deepEqual(events.map(content), numbers(15, 25));
  await until(() => host.waiting === 0, "the answer at the plugin");
  host.receives("later");
  await gateway.eventually(11);
  assert.equal(relay.posted.at(-1)?.dropped, 0); // told once
});

test("losses are told even when no event is left", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  const host = new Host(t, { url: relay.url, maxQueueBytes: 2_048 });
  host.receives("x".repeat(3_000));
  await until(() => relay.posted.length === 1, "the report");
  assert.equal(relay.posted[0].dropped, 1);
  assert.deepEqual(relay.posted[0].events, []);
  await host.stop();
  assert.equal(relay.posted.length, 1);
});

test("an event too big for the gateway is given up and counted, its neighbours arrive", async (t) => {
  const gateway = await Gateway.start(t, { retention: { maxPayloadBytes: 2_000 } });
  const relay = await Relay.start(t, gateway);
  const host = new Host(t, { url: relay.url });
  host.receives("before");
  host.receives("x".repeat(5_000));
  host.receives("after");
  const events = await gateway.eventually(2);
  assert.deepEqual(events.map(content), ["before", "after"]);
  assert.equal(relay.posted.at(-1)?.dropped, 1);
  assert.match(host.warnings.join("\n"), /refused the event evt_[0-9a-f]+, which is given up and counted as dropped: events\[1\] has \d+ bytes/);
});

test("an event too big for our own limit is cut", async (t) => {
  const gateway = await Gateway.start(t);
  const host = new Host(t, { url: gateway.url, maxEventBytes: 4_096, maxContentChars: 100_000 });
  host.receives("\u0001".repeat(50_000)); // six bytes each in JSON
  host.receives("short");
  const events = await gateway.eventually(2);
  assert.match(content(events[0]), /^\u0001{10,}… \[cut: /);
  assert.equal(content(events[1]), "short");
  assert.match(host.warnings[0], /message\.received evt_\w+ had \d+ bytes and was cut; maxEventBytes allows 4096/);
});

test("bad events in a batch are found, whether the gateway can name them or not", async (t) => {
  const gateway = await Gateway.start(t);
  /** @type {string[]} */
  const warnings = [];
  const queue = new Queue();
  queue.limit(100, 1_000_000);
  const good = (/** @type {number} */ n, id = `evt_${String(n).padStart(2, "0")}`) =>
    queue.push(id, JSON.stringify({ id, type: "message.sent", data: { message: { content: `message ${n}` } } }));
  for (let n = 0; n < 30; n += 1) {
    if (n === 3) queue.push("evt_type", '{"type":"message.send","data":{}}');
    if (n === 7) queue.push("evt_data", '{"type":"message.sent","data":[]}');
    if (n === 20) queue.push("evt_syntax", "{nope"); // the whole request is no JSON then, and no place is named
    good(n);
  }
  const sender = new Sender(queue, { debug() {}, info() {}, warn: (text) => warnings.push(text) }, { gather: 0, firstRetry: 10 });
  sender.configure(`${gateway.url}/api/v1/events`, undefined);
  const events = await gateway.eventually(30);
  assert.deepEqual(events.map(content), numbers(0, 30));
  await until(() => !queue.hasNews, "the losses told");
  assert.deepEqual(
    warnings.map((text) => /evt_\w+/.exec(text)?.[0]).sort(),
    ["evt_data", "evt_syntax", "evt_type"],
  );
});

test("an event that comes just as the sender finds the queue empty is sent too", async (t) => {
  const gateway = await Gateway.start(t);
  const text = (/** @type {string} */ id) => JSON.stringify({ id, type: "message.sent", data: {} });
  let isFirstQueued = false;
  let isSecondQueued = false;
  const queue = new (class extends Queue {
    get hasNews() {
      const news = super.hasNews;
      if (!news && isFirstQueued && !isSecondQueued) {
        isSecondQueued = true;
        queueMicrotask(() => {
          queue.push("evt_2", text("evt_2"));
          sender.wake();
        });
      }
      return news;
    }
  })();
  queue.limit(10, 10_000);
  const sender = new Sender(queue, { debug() {}, info() {}, warn: assert.fail });
  sender.configure(`${gateway.url}/api/v1/events`, undefined);
  isFirstQueued = true;
  queue.push("evt_1", text("evt_1"));
  sender.wake();
  await gateway.eventually(2);
});

test("what stands in between may take less in one request", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  relay.answers = [{ status: 413 }, { status: 413 }];
  const host = new Host(t, { url: relay.url });
  for (const text of numbers(0, 4)) host.receives(text);
  const events = await gateway.eventually(4);
  assert.deepEqual(events.map(content), numbers(0, 4));
  assert.deepEqual(relay.posted.map((batch) => batch.events.length), [4, 2, 1, 2, 1]);

  relay.answers = [{ status: 413 }]; // even for one alone
  host.receives("too much");
  await until(() => relay.posted.at(-1)?.dropped === 1, "the loss told");
  assert.match(host.warnings[0], /refused the event/);
});

test("Retry-After is waited for, and what came meanwhile keeps its place", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  relay.answers = [{ status: 503, headers: { "retry-after": "1" }, body: '{"detail":"the queue is full"}' }];
  const host = new Host(t, { url: relay.url });
  host.receives("message 0");
  await until(() => relay.posted.length === 1, "the first attempt");
  host.receives("message 1");
  const events = await gateway.eventually(2);
  assert.deepEqual(events.map(content), numbers(0, 2));
  assert.ok(relay.posted[1].at - relay.posted[0].at >= 950);
  assert.match(host.warnings[0], /can't take events \(HTTP 503: the queue is full\)/);
});

test("a wrong token is said once and waited out; the right one sends all", async (t) => {
  const gateway = await Gateway.start(t, { server: { adminToken: "admin", ingestToken: "ingest", viewerToken: "viewer" } });
  const relay = await Relay.start(t, gateway);
  const host = new Host(t, { url: relay.url });
  host.receives("message 0");
  await until(() => host.warnings.length > 0, "a warning");
  for (const text of numbers(1, 50)) host.receives(text);
  assert.match(host.warnings[0], /refuses this sender \(HTTP 401: .*set the key token to the gateway's webhooks\.server\.ingestToken/);
  host.load({ url: relay.url, token: "viewer" }); // may not post
  await until(() => host.warnings.length > 1, "another warning");
  assert.match(host.warnings[1], /HTTP 403/);
  assert.equal(relay.posted.length, 2);
  host.load({ url: relay.url, token: "ingest" });
  const events = await gateway.eventually(50, "viewer");
  assert.deepEqual(events.map(content), numbers(0, 50));
  assert.equal(relay.posted.at(-1)?.dropped, 0);
});

test("a configuration that comes while a request is on its way is tried as soon as that has failed", async (t) => {
  const gateway = await Gateway.start(t);
  const relay = await Relay.start(t, gateway);
  let answer = (/** @type {unknown} */ _) => {};
  relay.answers = [{ status: 401, when: new Promise((resolve) => (answer = resolve)) }];
  const host = new Host(t, { url: relay.url });
  host.receives("hello");
  await until(() => relay.posted.length === 1, "the request");
  host.load({ url: relay.url, token: "right" });
  answer(undefined);
  await gateway.eventually(1); // and not after a minute
});

test("at the end, a wrong token is no reason to wait", async (t) => {
  const gateway = await Gateway.start(t, { server: { adminToken: "admin" } });
  const host = new Host(t, { url: gateway.url, token: "wrong" });
  host.receives("nobody may post this");
  const began = Date.now();
  await host.stop();
  assert.ok(Date.now() - began < 2_000);
  assert.match(host.warnings.at(-1) ?? "", /1 events could not be sent/);
});

test("at the end, an answer that takes too long is not waited for", async (t) => {
  const relay = await Relay.start(t, await Gateway.start(t));
  relay.losesAnswer = () => new Promise((resolve) => setTimeout(resolve, 3_000));
  const host = new Host(t, { url: relay.url });
  host.receives("slow");
  await until(() => relay.posted.length === 1, "the request");
  const began = Date.now();
  // As the end of a process, but in less time.
  await host.stop(500);
  const took = Date.now() - began;
  assert.ok(took >= 450 && took < 1_500, `${took} ms`);
});

test("another server's answers cost no event", async (t) => {
  const gateway = await Gateway.start(t);
  for (const answer of [
    { status: 200, body: "<html>hello</html>" },
    { status: 202, body: '{"events":[]}' },
    { status: 302, headers: { location: "http://127.0.0.1:1/" } },
    { status: 404, body: "not found" },
    { status: 400, body: "<html>The plain HTTP request was sent to HTTPS port</html>" },
  ]) {
    const relay = await Relay.start(t, gateway);
    relay.answers = [answer];
    const host = new Host(t, { url: relay.url });
    host.receives(`despite ${answer.body}`);
    await until(() => host.warnings.length > 0, "a warning");
    assert.match(host.warnings[0], /look at the key url; until then events wait/);
    host.load({ url: gateway.url });
    await until(async () => (await gateway.events()).some((event) => content(event) === `despite ${answer.body}`), "the event");
  }
});

test("one queue and one memory, however often OpenClaw registers the plugin", async (t) => {
  const gateway = await Gateway.start(t);
  const host = new Host(t, { url: gateway.url });
  const ctx = { runId: "r", messageProvider: "webchat", sessionKey: "agent:main:main" };
  host.fire("agent_end", { runId: "r", messages: [{ role: "assistant", content: "from the first" }], success: true }, ctx);
  host.load({ url: gateway.url }, "discovery");
  host.runEnds("r"); // the end comes to the second
  const [event] = await gateway.eventually(1);
  assert.equal(content(event), "from the first");
});

test("at the end everything goes out", async (t) => {
  const gateway = await Gateway.start(t);
  const host = new Host(t, { url: gateway.url });
  const ctx = { runId: "r", messageProvider: "webchat" };
  host.fire("agent_end", { runId: "r", messages: [{ role: "assistant", content: "last words" }], success: true }, ctx);
  host.fire("session_end", { sessionId: "s", reason: "shutdown" }, {});
  await host.stop();
  const events = await gateway.events();
  assert.deepEqual(events.map((event) => event.type), ["session.ended", "message.sent"]);
});

test("the end comes in time though nobody answers", async (t) => {
  const relay = await Relay.start(t);
  relay.gateway = { url: "http://127.0.0.1:1" }; // nobody there: the relay cuts the connection
  const host = new Host(t, { url: relay.url });
  host.receives("nobody will read this");
  const began = Date.now();
  await host.stop();
  const took = Date.now() - began;
  assert.ok(took < 4_500, `${took} ms`);
  assert.ok(relay.posted.length > 3); // it did try
  assert.match(host.warnings.at(-1) ?? "", /1 events could not be sent before the end and are lost/);
});
