// What the tests stand on: a real gateway in a folder of its own, a relay in front of it, and OpenClaw's side of a plugin.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import plugin from "../index.js";

const BINARY = path.resolve(
  process.env.OPENCLAW_WEBHOOKS_BIN ??
    fileURLToPath(new URL("../../target/debug/openclaw-webhooks", import.meta.url)),
);

const SHARED = Symbol.for("openclaw-webhooks/1");

/** A gateway with its database in a folder of its own. It can be stopped, killed and started again. */
export class Gateway {
  #folder;
  #url = "";
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;

  constructor(/** @type {string} */ folder) {
    this.#folder = folder;
  }

  /**
   * @param {import("node:test").TestContext} t the gateway ends with it
   * @param {{server?: object, retention?: object}} more of its configuration
   */
  static async start(t, { server = {}, ...webhooks } = {}) {
    assert.ok(existsSync(BINARY), `no gateway at ${BINARY}: build it, or set OPENCLAW_WEBHOOKS_BIN`);
    const folder = await mkdtemp(path.join(tmpdir(), "openclaw-webhooks-plugin-"));
    const gateway = new Gateway(folder);
    t.after(async () => {
      await gateway.kill();
      await rm(folder, { recursive: true, force: true });
    });
    const database = `sqlite://${path.join(folder, "gateway.db")}`;
    const config = { webhooks: { endpoints: [], ...webhooks, server: { listen: "127.0.0.1:0", database, ...server } } };
    await writeFile(path.join(folder, "openclaw.json5"), JSON.stringify(config));
    await gateway.start();
    return gateway;
  }

  async start() {
    const child = spawn(BINARY, ["serve", "--config", path.join(this.#folder, "openclaw.json5")], {
      cwd: this.#folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    process.once("exit", () => child.kill("SIGKILL")); // when the test's own process ends early
    let said = "";
    child.stderr?.on("data", (text) => (said += text));
    for await (const line of createInterface({ input: /** @type {any} */ (child.stdout) })) {
      const url = /^Listening on (http:\/\/127\.0\.0\.1:\d+)\//.exec(line)?.[1];
      assert.ok(url, `the gateway's first line is: ${line}`);
      this.#url = url;
      child.stdout?.resume();
      return;
    }
    assert.fail(`the gateway did not start: ${said}`);
  }

  get url() {
    return this.#url;
  }

  /** As a crash ends it. */
  async kill() {
    await this.#end("SIGKILL");
  }

  async stop() {
    await this.#end("SIGTERM");
  }

  async #end(/** @type {NodeJS.Signals} */ signal) {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** The newest 500 events it has, the oldest first. @returns {Promise<any[]>} */
  async events(/** @type {string | undefined} */ token = undefined) {
    const response = await fetch(`${this.#url}/api/v1/events?limit=500`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return JSON.parse(body).items.reverse();
  }

  /** Waits until it has `count` events; fails when there are more. */
  async eventually(/** @type {number} */ count, /** @type {string | undefined} */ token = undefined) {
    await until(async () => (await this.events(token)).length >= count, `${count} events at the gateway`);
    const events = await this.events(token);
    assert.equal(events.length, count);
    return events;
  }
}

/**
 * Stands where the plugin believes the gateway to be, and keeps what is posted. Its address stays while the gateway's
 * changes with each start.
 */
export class Relay {
  /** The gateway behind; without one, connections are cut. @type {{url: string} | undefined} */
  gateway;
  /** Called in place of handing an answer back. @type {((answer: {status: number, body: string}) => Promise<unknown>) | undefined} */
  losesAnswer;
  /** Answers in the gateway's place, one a request. @type {Array<{status: number, headers?: Record<string, string>, body?: string, when?: Promise<unknown>}>} */
  answers = [];
  /** Every request's body, with when it came. @type {Array<{at: number, dropped: number, events: any[]}>} */
  posted = [];
  #server = http.createServer((request, response) => {
    this.#relay(request, response).catch(() => response.destroy());
  });

  static async start(/** @type {import("node:test").TestContext} */ t, /** @type {{url: string} | undefined} */ gateway = undefined) {
    const relay = new Relay();
    relay.gateway = gateway;
    await new Promise((resolve) => relay.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    t.after(() => {
      relay.#server.closeAllConnections();
      relay.#server.close();
    });
    return relay;
  }

  get url() {
    return `http://127.0.0.1:${/** @type {any} */ (this.#server.address()).port}`;
  }

  async #relay(/** @type {http.IncomingMessage} */ request, /** @type {http.ServerResponse} */ response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const at = Date.now();
    try {
      this.posted.push({ at, ...JSON.parse(body) });
    } catch {
      this.posted.push({ at, dropped: Number(/"dropped":(\d+)/.exec(body)?.[1]), events: [] });
    }
    const own = this.answers.shift();
    if (own !== undefined) {
      await own.when;
      response.writeHead(own.status, own.headers).end(own.body);
      return;
    }
    if (this.gateway === undefined) {
      response.destroy();
      return;
    }
    const answer = await fetch(this.gateway.url + request.url, {
      method: request.method,
      headers: { authorization: request.headers.authorization ?? "" },
      body,
    });
    const text = await answer.text();
    if (this.losesAnswer !== undefined) {
      const loses = this.losesAnswer;
      this.losesAnswer = undefined;
      await loses({ status: answer.status, body: text });
      response.destroy();
      return;
    }
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text);
  }
}

/** OpenClaw, as far as a plugin sees it. */
export class Host {
  /** @type {string[]} */
  warnings = [];
  /** @type {Map<string, (event: any, context: any) => any>} */
  #hooks = new Map();
  /** @type {((event: any) => unknown) | undefined} */
  #lifecycle;

  /**
   * Loads the plugin as a new process would.
   * @param {import("node:test").TestContext} t
   */
  constructor(t, /** @type {unknown} */ config) {
    // What the plugin keeps for the process is per test here.
    delete (/** @type {any} */ (globalThis)[SHARED]);
    this.load(config);
    // Ends what is on its way, without the time that a real end may take.
    t.after(() => /** @type {any} */ (globalThis)[SHARED]?.stop(1));
  }

  /** Loads it again in the same process, as OpenClaw does after an edit of its configuration. */
  load(/** @type {unknown} */ config, registrationMode = "full") {
    this.#hooks.clear();
    plugin.register({
      id: plugin.id,
      registrationMode,
      pluginConfig: config,
      logger: { debug() {}, info() {}, warn: (/** @type {string} */ text) => this.warnings.push(text), error() {} },
      on: (/** @type {string} */ name, /** @type {any} */ handler) => this.#hooks.set(name, handler),
      agent: {
        events: {
          registerAgentEventSubscription: (/** @type {any} */ subscription) => {
            this.#lifecycle = subscription.handle;
          },
        },
      },
    });
  }

  get hookNames() {
    return [...this.#hooks.keys()];
  }

  /** How many events the plugin holds. */
  get waiting() {
    return /** @type {any} */ (globalThis)[SHARED].queue.length;
  }

  /** Calls the plugin's handler as OpenClaw does; returns what it returns. */
  fire(/** @type {string} */ name, /** @type {any} */ event = undefined, /** @type {any} */ context = undefined) {
    return this.#hooks.get(name)?.(event, context);
  }

  /** What OpenClaw's event stream says when a run is over. */
  runEnds(/** @type {string} */ runId, /** @type {object} */ data = { phase: "end" }) {
    return this.#lifecycle?.({ runId, stream: "lifecycle", data: { executionSettled: true, ...data } });
  }

  /** Anything at all on the event stream. */
  lifecycle(/** @type {any} */ event) {
    return this.#lifecycle?.(event);
  }

  /** OpenClaw ends; or what the plugin does then, in `ms`. */
  async stop(/** @type {number | undefined} */ ms = undefined) {
    if (ms === undefined) await this.fire("gateway_stop", {}, {});
    else await /** @type {any} */ (globalThis)[SHARED].stop(ms);
  }

  /** A message from Telegram; the shortest way to an event. */
  receives(/** @type {string} */ content) {
    this.fire("message_received", { from: "telegram:4242", content }, { channelId: "telegram", sessionKey: "agent:main:main" });
  }
}

/** Waits until `is` says so. */
export async function until(/** @type {() => unknown} */ is, /** @type {string} */ what, ms = 10_000) {
  const end = Date.now() + ms;
  while (!(await is())) {
    assert.ok(Date.now() < end, `did not come in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
