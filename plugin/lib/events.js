// Turns what OpenClaw's hooks say into our seven event types, for the forwarder: a method per hook, and what must be remembered between them.

import { cutText } from "./cut.js";
import { Recent } from "./recent.js";

/**
 * One agent run, until it ended.
 * @typedef {{runId: string, agentId?: string, sessionKey?: string, sessionId?: string, channel?: string, userId?: string,
 *   trigger?: string, hookName?: string, model?: string, usage?: object, attempts: number, hasEnded: boolean,
 *   succeeded: boolean, content?: string, durationMs?: number, error?: Record<string, unknown>, isSent: boolean,
 *   isDone: boolean, timer?: NodeJS.Timeout}} Run
 * What the model answered, until the message that carries it is sent.
 * @typedef {{runId?: string, hookName?: string, model?: string, usage?: object, isTaken: boolean}} Reply
 * The newest turn of a session or of a conversation.
 * @typedef {{agentId?: string, sessionKey?: string, userId?: string, reply?: Reply}} Turn
 */

const MOST_REMEMBERED = 500;
const TURN_MS = 10 * 60_000;
const RUN_MS = 6 * 3_600_000;
const SESSION_MS = 7 * 86_400_000;

/** How long a run without an end stays open. After a failed attempt OpenClaw waits up to 30 s and tries again. */
export const RUN_TIMES = { succeeded: 3_000, failed: 45_000 };

/** What the model says when there is nothing to say. OpenClaw sends it to nobody. */
const SILENT = ["NO_REPLY", "HEARTBEAT_OK"];

export class Mapping {
  #tell;
  #content;
  #times;
  /** @type {Recent<Run>} */
  #runs = new Recent(MOST_REMEMBERED, RUN_MS);
  /** @type {Recent<Turn>} */
  #turns = new Recent(2 * MOST_REMEMBERED, TURN_MS);
  /** Session ids by session key. @type {Recent<string>} */
  #sessions = new Recent(MOST_REMEMBERED, SESSION_MS);

  /** OpenClaw's names of the hooks, each with what is done about it. */
  hooks = {
    message_received: this.#messageReceived.bind(this),
    message_sent: this.#messageSent.bind(this),
    session_start: this.#sessionStart.bind(this),
    session_end: this.#sessionEnd.bind(this),
    before_tool_call: this.#toolCalled.bind(this),
    after_tool_call: this.#toolCompleted.bind(this),
    // These three only come with plugins.entries.openclaw-webhooks.hooks.allowConversationAccess.
    llm_input: this.#modelAsked.bind(this),
    llm_output: this.#modelAnswered.bind(this),
    agent_end: this.#attemptEnded.bind(this),
  };

  /**
   * @param {{emit: (type: string, data: Record<string, any>, at?: number) => void, content: (value: unknown) => unknown,
   *   times?: typeof RUN_TIMES}} to `content` makes a copy of what may be large
   */
  constructor({ emit, content, times = RUN_TIMES }) {
    this.#tell = emit;
    this.#content = content;
    this.#times = times;
  }

  /** Tells of every run that is over as far as is known; for the end of the process. */
  finishRuns() {
    for (const run of this.#runs.values()) if (run.hasEnded) this.#finish(run);
  }

  /**
   * @param {string} type
   * @param {Record<string, any>} data
   * @param {number} [at]
   */
  #emit(type, data, at) {
    this.#tell(type, present({ ...data, agentId: agentName(data.agentId) }), at);
  }

  // Messages.

  #messageReceived(/** @type {any} */ e, /** @type {any} */ ctx) {
    const sessionKey = text(e.sessionKey) ?? text(ctx.sessionKey);
    const userId = text(e.senderId) ?? text(ctx.senderId) ?? text(e.from);
    const agentId = agentOf(sessionKey);
    const keys = turnKeys({ sessionKey, channel: ctx.channelId, accountId: ctx.accountId, conversationId: ctx.conversationId });
    // What the turn before left behind is no answer to this message.
    for (const key of keys) {
      const reply = this.#turns.get(key)?.reply;
      if (reply !== undefined) reply.isTaken = true;
    }
    this.#note(keys, { sessionKey, userId, agentId });
    this.#emit(
      "message.received",
      {
        agentId,
        sessionId: this.#sessions.get(sessionKey) ?? sessionKey,
        sessionKey,
        runId: text(e.runId) ?? text(ctx.runId),
        ...whereOf(ctx),
        userId,
        message: present({ role: "user", content: this.#content(e.content), messageId: text(e.messageId) ?? text(ctx.messageId) }),
      },
      number(e.timestamp),
    );
  }

  /** A channel delivered a message, or failed to. What the model had to do with it is known from the turn. */
  #messageSent(/** @type {any} */ e, /** @type {any} */ ctx) {
    const ownKey = text(e.sessionKey) ?? text(ctx.sessionKey);
    const ownRunId = text(e.runId) ?? text(ctx.runId);
    const keys = turnKeys({
      runId: ownRunId,
      sessionKey: ownKey,
      channel: ctx.channelId,
      accountId: ctx.accountId,
      conversationId: ctx.conversationId,
    });
    const turns = keys.map((key) => this.#turns.get(key)).filter((turn) => turn !== undefined);
    const turn = turns[0];
    // Model and usage belong to the first message after the answer, not to every later one.
    const reply = turns.map((known) => known.reply).find((known) => known !== undefined && !known.isTaken);
    if (reply !== undefined) reply.isTaken = true;
    const runId = ownRunId ?? reply?.runId;
    const run = this.#runs.get(runId);
    if (run !== undefined) run.isSent = true;

    const sessionKey = ownKey ?? turn?.sessionKey;
    const about = {
      // OpenClaw named neither session nor run: the latest turn of the conversation is a guess.
      attributedBy: turn !== undefined && ownKey === undefined && ownRunId === undefined ? "conversation" : undefined,
      agentId: agentOf(sessionKey) ?? turn?.agentId,
      sessionId: this.#sessions.get(sessionKey) ?? sessionKey,
      sessionKey,
      runId,
      hookName: reply?.hookName,
      ...whereOf(ctx),
      userId: turn?.userId ?? text(e.to),
      message: present({
        role: "assistant",
        content: this.#content(e.content),
        messageId: text(e.messageId) ?? text(ctx.messageId),
      }),
    };
    if (e.success === false) {
      const message = this.#words(e.error) ?? "message delivery failed";
      this.#emit("error.occurred", { ...about, error: { message, source: "message_sent" } });
    } else {
      this.#emit("message.sent", { ...about, model: reply?.model, usage: reply?.usage });
    }
  }

  // Sessions.

  #sessionStart(/** @type {any} */ e, /** @type {any} */ ctx) {
    const about = sessionOf(e, ctx);
    if (about.sessionKey !== undefined && about.sessionId !== undefined) this.#sessions.set(about.sessionKey, about.sessionId);
    this.#emit("session.created", { ...about, resumedFrom: text(e.resumedFrom) });
  }

  #sessionEnd(/** @type {any} */ e, /** @type {any} */ ctx) {
    const about = sessionOf(e, ctx);
    if (about.sessionKey !== undefined) this.#sessions.delete(about.sessionKey);
    this.#emit("session.ended", {
      ...about,
      messageCount: number(e.messageCount),
      durationMs: number(e.durationMs),
      reason: text(e.reason),
      nextSessionId: text(e.nextSessionId),
    });
  }

  // Tools.

  #toolCalled(/** @type {any} */ e, /** @type {any} */ ctx) {
    this.#emit("tool.called", {
      ...this.#runOf(e, ctx),
      tool: present({ name: text(e.toolName), callId: text(e.toolCallId) ?? text(ctx.toolCallId), params: this.#content(e.params) }),
    });
  }

  #toolCompleted(/** @type {any} */ e, /** @type {any} */ ctx) {
    const about = this.#runOf(e, ctx);
    const hasFailed = e.error !== undefined && e.error !== null;
    const message = this.#words(e.error);
    this.#emit("tool.completed", {
      ...about,
      tool: present({
        name: text(e.toolName),
        callId: text(e.toolCallId) ?? text(ctx.toolCallId),
        params: this.#content(e.params),
        success: !hasFailed,
        result: this.#content(e.result),
        error: message,
        durationMs: number(e.durationMs),
      }),
    });
    if (hasFailed) {
      const error = present({ message: message ?? "tool failed", source: "after_tool_call", toolName: text(e.toolName) });
      this.#emit("error.occurred", { ...about, error });
    }
  }

  /** Whose tool it is. The hook after a call says less than the one before. */
  #runOf(/** @type {any} */ e, /** @type {any} */ ctx) {
    const runId = text(e.runId) ?? text(ctx.runId);
    const run = this.#run(runId, ctx);
    const sessionKey = text(ctx.sessionKey) ?? run?.sessionKey;
    return {
      agentId: text(ctx.agentId) ?? agentOf(sessionKey) ?? run?.agentId,
      sessionId: text(ctx.sessionId) ?? run?.sessionId ?? sessionKey,
      sessionKey,
      runId,
      channel: run?.channel ?? (run?.hookName === undefined ? undefined : "hook"),
      userId: run?.userId,
      trigger: run?.trigger,
      hookName: run?.hookName,
    };
  }

  // Runs: answers that no channel delivers (webchat, /hooks/agent, /v1/*), and runs that failed. OpenClaw has no hook for
  // a run's end: agent_end comes after each of its attempts, and before llm_output.

  #modelAsked(/** @type {any} */ e, /** @type {any} */ ctx) {
    const run = this.#run(text(e.runId), ctx);
    if (run !== undefined) run.hookName ??= hookNameOf(e.prompt);
  }

  #modelAnswered(/** @type {any} */ e, /** @type {any} */ ctx) {
    const runId = text(e.runId);
    const model = text(e.model);
    const usage = usageOf(e.usage);
    const run = this.#run(runId, ctx);
    if (run !== undefined) {
      run.model = model ?? run.model;
      run.usage = usage ?? run.usage;
    }
    const sessionKey = text(ctx.sessionKey);
    const sessionId = text(e.sessionId) ?? text(ctx.sessionId);
    if (sessionKey !== undefined && sessionId !== undefined) this.#sessions.set(sessionKey, sessionId);
    const keys = turnKeys({
      runId,
      sessionKey,
      channel: ctx.channel ?? ctx.messageProvider,
      accountId: ctx.accountId,
      conversationId: ctx.chatId,
    });
    this.#note(keys, {
      agentId: text(ctx.agentId),
      sessionKey,
      userId: text(ctx.senderId),
      reply: { runId, hookName: run?.hookName, model, usage, isTaken: false },
    });
  }

  #attemptEnded(/** @type {any} */ e, /** @type {any} */ ctx) {
    const run = this.#run(text(e.runId) ?? text(ctx.runId), ctx);
    if (run === undefined || run.isDone) return;
    const last = lastAnswer(e.messages);
    // `success` only says that nothing was thrown; a failed provider is a message of its own kind.
    const hasFailed = last?.stopReason === "error" || last?.stopReason === "aborted";
    run.attempts += 1;
    run.hasEnded = true;
    run.succeeded = e.success !== false && !hasFailed;
    run.durationMs = (run.durationMs ?? 0) + (number(e.durationMs) ?? 0);
    run.content = run.succeeded ? textOf(last?.content) : undefined;
    run.error = run.succeeded
      ? undefined
      : present({
          message:
            this.#words(last?.errorMessage) ??
            this.#words(e.error) ??
            (last?.stopReason === "aborted" ? "agent run aborted" : "Agent run failed"),
          code: text(last?.errorCode),
          type: text(last?.errorType),
        });
    clearTimeout(run.timer);
    run.timer = setTimeout(() => this.#finish(run), run.succeeded ? this.#times.succeeded : this.#times.failed);
    run.timer.unref();
  }

  /** OpenClaw's event stream says that a run is over; once for each, after everything else about it. */
  runEnded(/** @type {any} */ event) {
    const end = event.data;
    if (end?.executionSettled !== true || (end.phase !== "end" && end.phase !== "error")) return;
    const isKnown = this.#runs.get(text(event.runId)) !== undefined;
    if (end.phase === "end" && !isKnown) return; // no hook told of it, so there is nothing to say
    const run = this.#run(text(event.runId), event);
    if (run === undefined) return;
    const hasFailed = end.phase === "error" || (run.hasEnded && !run.succeeded);
    if (!hasFailed) {
      this.#finish(run);
      return;
    }
    const seen = run.error?.message;
    const message = this.#words(end.error) ?? seen ?? "Agent run failed";
    this.#finish(run, {
      message,
      // The provider's own words, when OpenClaw has friendlier ones.
      detail: message === seen ? undefined : seen,
      reason: text(end.errorObservation?.failoverReason) ?? (end.timeoutPhase ? "timeout" : undefined),
      timeoutPhase: text(end.timeoutPhase),
      aborted: end.aborted === true || undefined,
    });
  }

  /** Tells how a run came out, once. */
  #finish(/** @type {Run} */ run, /** @type {Record<string, unknown> | undefined} */ failure = undefined) {
    clearTimeout(run.timer);
    if (run.isDone) return;
    const error = failure ?? (run.hasEnded && !run.succeeded ? run.error : undefined);
    if (error === undefined && !run.hasEnded) return; // without conversation access there is nothing to tell
    run.isDone = true;
    const about = {
      agentId: run.agentId,
      sessionId: run.sessionId ?? run.sessionKey,
      sessionKey: run.sessionKey,
      runId: run.runId,
      channel: run.channel ?? (run.hookName === undefined ? "internal" : "hook"),
      userId: run.userId,
      trigger: run.trigger,
      hookName: run.hookName,
    };
    if (error !== undefined) {
      this.#emit("error.occurred", {
        ...about,
        model: run.model,
        durationMs: run.durationMs,
        error: present({ ...run.error, ...present(error), source: "agent_end", attempts: run.attempts || undefined }),
      });
      return;
    }
    // A channel delivers the answer itself, and message_sent tells of it.
    if (run.isSent || (run.channel !== undefined && run.channel !== "webchat")) return;
    const answer = run.content?.trim() ?? "";
    if (answer === "" || SILENT.includes(answer)) return;
    this.#emit("message.sent", {
      ...about,
      message: { role: "assistant", content: this.#content(run.content) },
      model: run.model,
      usage: run.usage,
      durationMs: run.durationMs,
      derivedFrom: "agent_end",
    });
  }

  /** The run of this id, with what `ctx` knows about it. */
  #run(/** @type {string | undefined} */ runId, /** @type {any} */ ctx) {
    if (runId === undefined) return undefined;
    /** @type {Run} */
    const run = this.#runs.get(runId) ?? { runId, attempts: 0, hasEnded: false, succeeded: false, isSent: false, isDone: false };
    this.#runs.set(runId, run);
    const known = {
      agentId: text(ctx.agentId) ?? agentOf(text(ctx.sessionKey)),
      sessionKey: text(ctx.sessionKey),
      sessionId: text(ctx.sessionId),
      // ctx.channelId is the chat here, not the channel.
      channel: text(ctx.requester?.channel) ?? text(ctx.channel) ?? text(ctx.messageProvider),
      userId: text(ctx.requester?.senderId) ?? text(ctx.senderId),
      trigger: text(ctx.trigger),
      model: text(ctx.modelId),
    };
    return Object.assign(run, present(known));
  }

  #note(/** @type {string[]} */ keys, /** @type {Turn} */ turn) {
    for (const key of keys) this.#turns.set(key, { ...this.#turns.get(key), ...present(turn) });
  }

  /** An error's text: a string, or something that has one. */
  #words(/** @type {any} */ error) {
    const words = typeof error === "string" ? error : error?.message;
    return typeof words === "string" && words !== "" ? this.#content(words) : undefined;
  }
}

// OpenClaw's shapes.

/** A name or an id. Chats have ids that are numbers. */
function text(/** @type {unknown} */ value) {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" ? cutText(value, 512) : undefined;
}

/** An agent's id within what the gateway takes: at most 256 bytes, no NUL. */
function agentName(/** @type {string | undefined} */ id) {
  const name = id?.replaceAll("\0", "");
  return name === undefined || Buffer.byteLength(name) <= 256 ? name || undefined : cutText(name, 64);
}

function number(/** @type {unknown} */ value) {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** @template {object} T @param {T} object @returns {T} without what is undefined */
function present(object) {
  return /** @type {T} */ (Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)));
}

/** `agent:<agent id>:<rest>` is how OpenClaw builds session keys. */
function agentOf(/** @type {string | undefined} */ sessionKey) {
  return /^agent:([^:]+):/.exec(sessionKey ?? "")?.[1];
}

function sessionOf(/** @type {any} */ e, /** @type {any} */ ctx) {
  const sessionKey = text(e.sessionKey) ?? text(ctx.sessionKey);
  return {
    agentId: text(ctx.agentId) ?? agentOf(sessionKey),
    sessionId: text(e.sessionId) ?? text(ctx.sessionId) ?? sessionKey,
    sessionKey,
  };
}

function whereOf(/** @type {any} */ ctx) {
  return { channel: text(ctx.channelId), accountId: text(ctx.accountId), conversationId: text(ctx.conversationId) };
}

/**
 * Where a turn is remembered, the surest first.
 * @param {{runId?: string, sessionKey?: string, channel: unknown, accountId: unknown, conversationId: unknown}} of
 */
function turnKeys({ runId, sessionKey, ...of }) {
  const keys = [];
  if (runId !== undefined) keys.push(`run ${runId}`);
  if (sessionKey !== undefined) keys.push(`session ${sessionKey}`);
  const [channel, account, conversation] = [text(of.channel), text(of.accountId) ?? "", text(of.conversationId)];
  if (channel !== undefined && conversation !== undefined) {
    // Hooks of messages say "telegram:4242", those of the agent "4242".
    const chat = conversation.startsWith(`${channel}:`) ? conversation.slice(channel.length + 1) : conversation;
    keys.push(`conversation ${channel} ${account} ${chat}`);
  }
  return keys;
}

/** The assistant's last message of this turn: nothing from before the user's last one. */
function lastAnswer(/** @type {unknown} */ messages) {
  if (!Array.isArray(messages)) return undefined;
  const index = messages.findLastIndex((message) => message?.role === "assistant" || message?.role === "user");
  return messages[index]?.role === "assistant" ? messages[index] : undefined;
}

/** A message's text, which is a string or a list of parts. */
function textOf(/** @type {unknown} */ content) {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.filter((part) => part?.type === "text" && typeof part.text === "string");
  return texts.map((part) => part.text).join("");
}

function usageOf(/** @type {any} */ usage) {
  if (typeof usage !== "object" || usage === null) return undefined;
  return present({
    inputTokens: number(usage.input),
    outputTokens: number(usage.output),
    cacheReadTokens: number(usage.cacheRead),
    cacheWriteTokens: number(usage.cacheWrite),
    totalTokens: number(usage.total) ?? number(usage.totalTokens),
  });
}

/**
 * The `name` of a POST to /hooks/agent, by which the gateway finds the hit that started the run. OpenClaw writes it at
 * the top of the prompt's external block, before any words of the sender.
 */
function hookNameOf(/** @type {unknown} */ prompt) {
  if (typeof prompt !== "string") return undefined;
  const start = prompt.indexOf("<<<EXTERNAL_UNTRUSTED_CONTENT");
  if (start < 0) return undefined;
  const block = /^<<<EXTERNAL_UNTRUSTED_CONTENT[^\n]*>>>\nSource: Webhook\nTask: ([^\n]{1,200})\n---\n/;
  return block.exec(prompt.slice(start, start + 600))?.[1];
}
