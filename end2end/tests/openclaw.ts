// A stand-in for OpenClaw: answers chats as a real one does, and can be away.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const TOKEN = "agent-token";

export class OpenClaw {
  /** The messages that it was given. */
  readonly messages: string[] = [];
  reply = "The deployment went through.";
  /** Whether every task fails, with the reply for a reason. */
  fails = false;
  private readonly server: Server = createServer();
  private port = 0;
  private busy: Promise<void> = Promise.resolve();

  private constructor() {
    this.server.on("request", async (request, response) => {
      const json = (status: number, body: object) =>
        response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.url === "/healthz") return void json(200, { ok: true, status: "live" });
      if (request.url === "/readyz") return void json(200, { ready: true, failing: [] });
      if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end("Unauthorized");
      if (request.url === "/v1/models") {
        return void json(200, { object: "list", data: [{ id: "openclaw" }, { id: "openclaw/devops-agent" }] });
      }
      const asked = JSON.parse(Buffer.concat(chunks).toString());
      this.messages.push(asked.messages[0].content);
      await this.busy;
      if (this.fails) return void json(500, { error: { message: this.reply } });
      json(200, {
        id: `chatcmpl_${this.messages.length}`,
        object: "chat.completion",
        model: asked.model,
        choices: [{ index: 0, message: { role: "assistant", content: this.reply }, finish_reason: "stop" }],
        usage: { prompt_tokens: 111, completion_tokens: 22, total_tokens: 133 },
      });
    });
  }

  static async start(): Promise<OpenClaw> {
    const openclaw = new OpenClaw();
    await openclaw.comeBack();
    return openclaw;
  }

  /** What the gateway's configuration says of it. */
  get config(): object {
    return { url: `http://127.0.0.1:${this.port}`, token: TOKEN, mode: "chat" };
  }

  /** Works until the returned function is called. */
  takeTime(): () => void {
    let done = () => {};
    this.busy = new Promise((resolve) => (done = resolve));
    return done;
  }

  /** Nobody listens any more. */
  async goAway(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Listens again, where it did before. */
  async comeBack(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.goAway();
  }
}
