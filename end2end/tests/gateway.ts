// The real gateway, started with a configuration and a database of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program =
  process.env.OPENCLAW_WEBHOOKS_BIN ??
  fileURLToPath(new URL("../../target/debug/openclaw-webhooks", import.meta.url));

/** An endpoint as it stands in the configuration. */
export interface EndpointConfig {
  name: string;
  url: string;
  events: string[];
  [key: string]: unknown;
}

/** What `POST /events` answers for one event. */
export interface Accepted {
  id: string;
  deliveries: number;
  duplicate: boolean;
}

/** What an inbound endpoint answers. */
export interface Hit {
  statusCode: number;
  id: string;
  duplicate?: boolean;
}

export class Gateway {
  private process: ChildProcess | undefined;
  private output = "";
  /** `http://127.0.0.1:PORT`, the same after a restart. */
  url = "";

  private constructor(
    private readonly folder: string,
    private endpoints: EndpointConfig[],
    /** Parts of the configuration beside endpoints, server and network: `inbound`, `agent`. */
    private readonly more: object,
    /** What a visitor has to know, where anything. */
    private readonly token: string | undefined,
  ) {}

  static async start(endpoints: EndpointConfig[], more: object = {}, token?: string): Promise<Gateway> {
    const gateway = new Gateway(await mkdtemp(join(tmpdir(), "openclaw-webhooks-end2end-")), endpoints, more, token);
    try {
      await gateway.launch("127.0.0.1:0");
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  private async launch(listen: string): Promise<void> {
    const config = join(this.folder, "openclaw.json5");
    const server = { listen, database: `sqlite://${join(this.folder, "gateway.db")}`, instanceId: "node-1", adminToken: this.token };
    const webhooks = {
      endpoints: this.endpoints,
      server,
      network: { allow: ["127.0.0.1"] },
      ...this.more,
    };
    await writeFile(config, JSON.stringify({ webhooks }, null, 2));
    // Nothing of the caller's own gateway may reach this one.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OPENCLAW_")));
    const child = spawn(program, ["serve", "--config", config], { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    this.url = await new Promise<string>((resolve, reject) => {
      let out = "";
      child.stdout.on("data", (chunk: Buffer) => {
        out += chunk;
        this.output += chunk;
        const line = /^Listening on (http:\/\/127\.0\.0\.1:\d+)\/$/m.exec(out);
        if (line?.[1]) resolve(line[1]);
      });
      child.stderr.on("data", (chunk: Buffer) => (this.output += chunk));
      child.on("error", reject);
      child.on("exit", (code, signal) =>
        reject(new Error(`the gateway ended (${signal ?? code}) before it listened:\n${this.output}`)),
      );
    });
  }

  /** Everything it printed so far. */
  get log(): string {
    return this.output;
  }

  /** SIGKILL: no chance to tidy up, as when the power goes. */
  async kill(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** Starts it again on the port it had, with other endpoints if they are named. */
  async restart(endpoints = this.endpoints): Promise<void> {
    this.endpoints = endpoints;
    await this.launch(new URL(this.url).host);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Posts one event and returns once the gateway has it on disk. */
  async post(event: object): Promise<Accepted> {
    const response = await fetch(`${this.url}/api/v1/events`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(event),
    });
    if (response.status !== 202) throw new Error(`POST /events answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Accepted;
  }

  /** Posts many events at once. */
  async postMany(events: object[]): Promise<void> {
    const response = await fetch(`${this.url}/api/v1/events`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ events }),
    });
    if (response.status !== 202) throw new Error(`POST /events answered ${response.status}: ${await response.text()}`);
  }

  /** Posts to an inbound endpoint as another system would. */
  async hit(inbound: string, body: object, headers: Record<string, string> = {}): Promise<Hit> {
    const response = await fetch(`${this.url}/webhooks/inbound/${inbound}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return { ...((await response.json()) as object), statusCode: response.status } as Hit;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`);
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
