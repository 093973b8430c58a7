// A receiver of webhooks, as a customer would run one: a real HTTP server that can be told how to behave.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A status to answer with, no answer at all, or a connection cut in the middle. */
export type Behaviour = 200 | 410 | 500 | "hang" | "close";

export interface Arrival {
  eventId: string;
  attempt: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export class Receiver {
  readonly arrivals: Arrival[] = [];
  behaviour: Behaviour = 200;
  /** What its answers say, in a header and as HTML, instead of a few words. */
  says: string | undefined;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      // Health checks come with HEAD and carry no event.
      if (request.method !== "POST") return void response.writeHead(200).end();
      receiver.arrivals.push({
        eventId: String(request.headers["x-openclaw-event-id"]),
        attempt: String(request.headers["x-openclaw-attempt"]),
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      switch (receiver.behaviour) {
        case "hang":
          break;
        case "close":
          request.socket.destroy();
          break;
        default:
          response.writeHead(
            receiver.behaviour,
            receiver.says === undefined ? { "Content-Type": "text/plain" } : { "Content-Type": "text/html", "X-Says": receiver.says },
          );
          response.end(receiver.says ?? (receiver.behaviour === 200 ? "thank you" : "the ticket queue is down"));
      }
      for (const wake of receiver.waiting) wake();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** Resolves once `count` requests with this event's id have arrived. */
  async arrivalsOf(eventId: string, count: number): Promise<Arrival[]> {
    const these = () => this.arrivals.filter((arrival) => arrival.eventId === eventId);
    while (these().length < count) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
      });
    }
    return these();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
