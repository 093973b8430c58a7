// The mapping: what OpenClaw's hooks say becomes, field by field, the events that were recorded from a running OpenClaw.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cut } from "../lib/cut.js";
import { Mapping } from "../lib/events.js";

const recorded = JSON.parse(readFileSync(new URL("recorded.json", import.meta.url), "utf8"));
const usage = { input: 100, output: 22, cacheRead: 11, cacheWrite: 0, total: 133 };

function mapping(times = { succeeded: 60_000, failed: 60_000 }) {
  /** @type {Array<{type: string, data: any, at?: number}>} */
  const events = [];
  const map = new Mapping({
    // As JSON, for that is what leaves the process.
    emit: (type, data, at) => events.push({ type, data: JSON.parse(JSON.stringify(data)), at }),
    content: (value) => cut(value, 32_768),
    times,
  });
  return { events, ...map.hooks, ends: (/** @type {any} */ event) => map.runEnded(event), finishRuns: () => map.finishRuns() };
}

function assertRecorded(/** @type {{type: string, data: any}} */ event, /** @type {string} */ name) {
  const { type, data } = recorded[name];
  assert.deepEqual({ type: event?.type, data: event?.data }, { type, data });
}

/** What OpenClaw says of the agent around a run. */
function agentContext(/** @type {any} */ { data }, more = {}) {
  return { runId: data.runId, agentId: data.agentId, sessionKey: data.sessionKey, sessionId: data.sessionId, trigger: data.trigger, modelId: "mock", ...more };
}

const hookPrompt = (/** @type {string} */ name) =>
  `SECURITY NOTICE: external.\n<<<EXTERNAL_UNTRUSTED_CONTENT id="5f">>>\nSource: Webhook\nTask: ${name}\n---\ndeploy A done\nTask: forged\n---\n`;

function settled(/** @type {any} */ { data }, more = {}) {
  return { runId: data.runId, stream: "lifecycle", data: { phase: "end", executionSettled: true, ...more } };
}

test("an answer that no channel delivers becomes message.sent when its run is over", () => {
  const map = mapping();
  const event = recorded["answer of a hook's run"];
  const ctx = agentContext(event);
  map.llm_input({ runId: event.data.runId, prompt: hookPrompt("deploy") }, ctx);
  const messages = [
    { role: "user", content: "deploy A done" },
    { role: "assistant", content: [{ type: "text", text: event.data.message.content }], stopReason: "stop" },
  ];
  map.agent_end({ runId: event.data.runId, messages, success: true, durationMs: 333 }, ctx);
  map.llm_output({ runId: event.data.runId, sessionId: event.data.sessionId, model: "mock", assistantTexts: [], usage }, ctx);
  assert.equal(map.events.length, 0);
  map.ends(settled(event));
  map.ends(settled(event));
  map.finishRuns();
  assert.equal(map.events.length, 1);
  assertRecorded(map.events[0], "answer of a hook's run");
});

test("a chat completion, webchat and a heartbeat are told apart", () => {
  for (const [name, more] of /** @type {const} */ ([
    ["answer of a chat completion", { messageProvider: "webchat" }],
    ["webchat answer", { messageProvider: "webchat", senderId: "cli" }],
    ["answer to a heartbeat", {}],
  ])) {
    const map = mapping();
    const event = recorded[name];
    const ctx = agentContext(event, more);
    const messages = [{ role: "assistant", content: event.data.message.content }];
    map.agent_end({ messages, success: true, durationMs: event.data.durationMs }, ctx);
    map.llm_output({ runId: event.data.runId, sessionId: event.data.sessionId, model: "mock", usage }, ctx);
    map.ends(settled(event));
    assertRecorded(map.events[0], name);
  }
});

test("nothing is said for an answer that says nothing, or that a channel delivers", () => {
  for (const [content, channel] of [["NO_REPLY", "webchat"], [" HEARTBEAT_OK\n", "webchat"], ["", "webchat"], ["Hello", "telegram"]]) {
    const map = mapping();
    map.agent_end({ runId: "r", messages: [{ role: "assistant", content }], success: true }, { channel });
    map.ends({ runId: "r", data: { executionSettled: true, phase: "end" } });
    assert.equal(map.events.length, 0);
  }
});

test("a failed model is one error.occurred, however often OpenClaw tried", () => {
  const map = mapping();
  const event = recorded["model failed"];
  const ctx = agentContext(event);
  map.llm_input({ runId: event.data.runId, prompt: hookPrompt("Hook") }, ctx);
  const failed = { role: "assistant", content: [], stopReason: "error", errorMessage: "500 mock failure on request", errorCode: "mock_failure", errorType: "server_error" };
  for (let attempt = 0; attempt < 8; attempt += 1) {
    // `success` is true even then.
    map.agent_end({ messages: [{ role: "user", content: "" }, failed], success: true, durationMs: attempt === 0 ? 555 : 0 }, ctx);
  }
  map.ends(settled(event, { phase: "error", error: event.data.error.message, errorObservation: { failoverReason: "server_error" } }));
  map.ends(settled(event, { phase: "error" }));
  assert.equal(map.events.length, 1);
  assertRecorded(map.events[0], "model failed");
});

test("a client that leaves aborts its run", () => {
  const map = mapping();
  const event = recorded["client left"];
  const ctx = agentContext(event, { messageProvider: "webchat" });
  map.agent_end({ messages: [], success: false, error: "HTTP client disconnected", durationMs: 880 }, ctx);
  map.ends(settled(event, { phase: "error", error: "HTTP client disconnected", aborted: true }));
  assertRecorded(map.events[0], "client left");
});

test("without conversation access a failed run is still told, an answer is not", () => {
  const map = mapping();
  map.ends({ runId: "r1", sessionKey: "agent:ops:main", data: { executionSettled: true, phase: "error", error: "timed out", timeoutPhase: "model" } });
  map.ends({ runId: "r2", data: { executionSettled: true, phase: "end" } });
  assert.equal(map.events.length, 1);
  assert.deepEqual(map.events[0].data.error, { message: "timed out", reason: "timeout", timeoutPhase: "model", source: "agent_end" });
  assert.equal(map.events[0].data.agentId, "ops");
});

test("where OpenClaw does not say that a run is over, time does", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const map = mapping({ succeeded: 3_000, failed: 45_000 });
  map.agent_end({ runId: "r", messages: [{ role: "assistant", content: "", stopReason: "error", errorMessage: "overloaded" }], success: true }, {});
  t.mock.timers.tick(30_000); // OpenClaw tries again
  map.agent_end({ runId: "r", messages: [{ role: "assistant", content: "there you are" }], success: true }, {});
  t.mock.timers.tick(2_999);
  assert.equal(map.events.length, 0);
  t.mock.timers.tick(1);
  assert.deepEqual(map.events.map((event) => event.type), ["message.sent"]);
});

test("a tool's call and return carry the run's channel, trigger and hook name", () => {
  const map = mapping();
  for (const name of ["tool called", "tool completed"]) {
    const { data } = recorded[name];
    const ctx = agentContext({ data }, { channelId: "heartbeat", toolName: data.tool.name, toolCallId: data.tool.callId });
    map.llm_input({ runId: data.runId, prompt: hookPrompt("Hook") }, ctx);
    const event = { toolName: data.tool.name, params: {}, toolCallId: data.tool.callId, runId: data.runId };
    if (name === "tool called") map.before_tool_call(event, ctx);
    else map.after_tool_call({ ...event, result: data.tool.result, durationMs: 1406 }, ctx);
  }
  assert.equal(map.events.length, 2);
  assertRecorded(map.events[0], "tool called");
  assertRecorded(map.events[1], "tool completed");
});

test("a failed tool is a completed one and an error", () => {
  const map = mapping();
  const { data } = recorded["tool failed"];
  const ctx = agentContext({ data });
  map.llm_input({ runId: data.runId, prompt: hookPrompt("Hook") }, ctx);
  map.after_tool_call({ toolName: "read", params: { path: "missing.txt" }, runId: data.runId, error: data.error.message }, ctx);
  assert.equal(map.events[0].type, "tool.completed");
  assert.equal(map.events[0].data.tool.success, false);
  assert.equal(map.events[0].data.tool.error, data.error.message);
  assertRecorded(map.events[1], "tool failed");
});

test("who asked for a tool is remembered until it returns", () => {
  const map = mapping();
  map.before_tool_call({ toolName: "read", params: {}, runId: "r" }, { requester: { channel: "telegram", senderId: 4242 } });
  map.after_tool_call({ toolName: "read", params: {}, runId: "r", result: "x" }, { channelId: "agent:main:main" });
  assert.deepEqual(map.events.map(({ data }) => [data.channel, data.userId]), [["telegram", "4242"], ["telegram", "4242"]]);
});

test("sessions begin and end, and name the messages in between", () => {
  const map = mapping();
  const begin = recorded["session begins by /new"].data;
  const ctx = { agentId: "main", sessionId: begin.sessionId, sessionKey: "agent:main:main" };
  map.session_end({ sessionId: begin.sessionId, sessionKey: ctx.sessionKey, messageCount: 0, reason: "new", nextSessionId: begin.sessionId }, ctx);
  map.session_start({ sessionId: begin.sessionId, sessionKey: ctx.sessionKey, resumedFrom: begin.sessionId }, ctx);
  const notice = recorded["telegram notice"].data;
  const telegram = { channelId: "telegram", accountId: "default", conversationId: "telegram:4242", sessionKey: "agent:main:main" };
  map.message_sent({ to: "4242", content: notice.message.content, success: true, messageId: 511 }, telegram);
  map.message_received({ from: "4242", content: "and now" }, telegram);
  assertRecorded(map.events[0], "session ends by /new");
  assertRecorded(map.events[1], "session begins by /new");
  assertRecorded(map.events[2], "telegram notice");
  assert.equal(map.events[3].data.sessionId, begin.sessionId);

  const other = recorded["session begins"].data;
  map.session_start({ sessionId: other.sessionId, sessionKey: other.sessionKey }, { agentId: "devops-agent", sessionId: other.sessionId });
  map.session_end({ sessionId: other.sessionId, sessionKey: other.sessionKey, messageCount: 0, reason: "shutdown" }, {});
  assertRecorded(map.events[4], "session begins");
  assertRecorded(map.events[5], "session ends with the process");
});

test("a message comes in by webchat and by Telegram", () => {
  const map = mapping();
  map.message_received(
    { from: "cli", content: "webchat turn A", messageId: "wc-1" },
    { channelId: "webchat", conversationId: "agent:main:main", sessionKey: "agent:main:main" },
  );
  map.message_received(
    { from: "telegram:4242", content: "hello from telegram", timestamp: Date.parse("2026-11-23T22:16:26Z"), messageId: "501", senderId: "4242", sessionKey: "agent:main:main" },
    { channelId: "telegram", accountId: "default", conversationId: "telegram:4242" },
  );
  assertRecorded(map.events[0], "webchat asks");
  assertRecorded(map.events[1], "telegram asks");
  assert.equal(map.events[1].at, Date.parse("2026-11-23T22:16:26Z"));
});

test("Telegram's delivery names no run: its turn does, once", () => {
  const map = mapping();
  const { data } = recorded["telegram answer"];
  const telegram = { channelId: "telegram", accountId: "default", conversationId: "telegram:4242", sessionKey: "agent:main:main" };
  const agent = { agentId: "main", sessionKey: data.sessionKey, sessionId: data.sessionId, channel: "telegram", accountId: "default", chatId: "4242", senderId: "4242" };
  const sends = (/** @type {any} */ more, ctx = telegram) => map.message_sent({ to: "telegram:4242", content: "hello from telegram", success: true, messageId: "502", ...more }, ctx);
  map.llm_output({ runId: data.runId, sessionId: data.sessionId, model: "mock", usage }, agent);
  sends({});
  assertRecorded(map.events[0], "telegram answer");
  sends({});
  assert.equal(map.events[1].data.usage, undefined);

  // Neither session nor run: what is known of the conversation is a guess, and says so.
  map.llm_output({ runId: "r2", sessionId: data.sessionId, model: "mock", usage }, agent);
  sends({}, { ...telegram, sessionKey: /** @type {any} */ (undefined) });
  assert.equal(map.events[2].data.attributedBy, "conversation");
  assert.equal(map.events[2].data.runId, "r2");

  // An answer that was never delivered does not belong to the next question.
  map.llm_output({ runId: "r3", sessionId: data.sessionId, model: "mock", usage }, agent);
  map.message_received({ from: "4242", content: "again" }, telegram);
  sends({});
  assert.equal(map.events[4].data.runId, undefined);
});

test("a message that a channel refuses is an error", () => {
  const map = mapping();
  const { data } = recorded["telegram refuses"];
  const agent = { agentId: "main", sessionKey: data.sessionKey, sessionId: data.sessionId, senderId: "4242" };
  map.llm_output({ runId: data.runId, sessionId: data.sessionId, model: "mock", usage }, agent);
  map.message_sent(
    { to: "telegram:4242", content: "please say SENDFAIL", success: false, error: data.error.message },
    { channelId: "telegram", accountId: "default", conversationId: "telegram:4242", sessionKey: data.sessionKey },
  );
  assertRecorded(map.events[0], "telegram refuses");
});

test("a channel's delivery of a hook's answer carries the hook's name", () => {
  const map = mapping();
  const agent = { runId: "r", agentId: "devops-agent", sessionKey: "agent:devops-agent:cron:j:run:s", sessionId: "s", channel: "telegram", accountId: "default", chatId: "4242", trigger: "cron" };
  map.llm_input({ runId: "r", prompt: hookPrompt("deploy hit_cqfw5421") }, agent);
  map.agent_end({ runId: "r", messages: [{ role: "assistant", content: "done" }], success: true }, agent);
  map.llm_output({ runId: "r", sessionId: "s", model: "mock", usage }, agent);
  map.ends({ runId: "r", data: { executionSettled: true, phase: "end" } });
  map.message_sent({ to: "4242", content: "done", success: true }, { channelId: "telegram", accountId: "default", conversationId: "4242", sessionKey: "agent:devops-agent:main" });
  assert.equal(map.events.length, 1);
  assert.equal(map.events[0].data.hookName, "deploy hit_cqfw5421");
  assert.equal(map.events[0].data.runId, "r");
});

test("a prompt can't claim a hook's name in its own words", () => {
  for (const prompt of ["Task: forged", "<<<EXTERNAL_UNTRUSTED_CONTENT>>>\nSource: Email\nTask: forged\n---\n", 42, null]) {
    const map = mapping();
    map.llm_input({ runId: "r", prompt }, {});
    map.before_tool_call({ runId: "r", toolName: "read" }, {});
    assert.equal(map.events[0].data.hookName, undefined);
  }
});
