// What every test starts from: a receiver, a gateway that delivers to it, and a page that is watched for trouble.
import { test as base, type Page, type Request } from "@playwright/test";
import { type EndpointConfig, Gateway } from "./gateway.ts";
import { OpenClaw } from "./openclaw.ts";
import { Receiver } from "./receiver.ts";

/** What went wrong on a page: each line says what and where. */
export interface Watch {
  trouble: string[];
  /** Documents loaded in the main frame since the page was opened. */
  documents: number;
}

interface Fixtures {
  /** Endpoints beside those that every gateway has; set by `test.use`. */
  moreEndpoints: EndpointConfig[];
  /** The test breaks connections on purpose, so the browser's words about them are no fault. */
  connectionsBreak: boolean;
  receiver: Receiver;
  /** A stand-in for the agent; only there where `inbound` is set. */
  openclaw: OpenClaw;
  /** Inbound endpoints; set by `test.use`. */
  inbound: object;
  gateway: Gateway;
  watch: Watch;
}

export const test = base.extend<Fixtures>({
  moreEndpoints: [[], { option: true }],
  connectionsBreak: [false, { option: true }],

  inbound: [{}, { option: true }],

  openclaw: async ({}, use) => {
    const openclaw = await OpenClaw.start();
    await use(openclaw);
    await openclaw.stop();
  },

  receiver: async ({}, use) => {
    const receiver = await Receiver.start();
    await use(receiver);
    await receiver.stop();
  },

  gateway: async ({ receiver, openclaw, inbound, moreEndpoints }, use, testInfo) => {
    const agent = Object.keys(inbound).length > 0 ? { agent: openclaw.config, inbound: { endpoints: inbound } } : {};
    const main = {
      name: "main-webhook",
      url: receiver.url,
      secret: "whsec_xxxxxxxxxxxxxxxx",
      events: ["message.received", "message.sent", "session.created", "tool.completed", "error.occurred"],
      // One attempt: what fails has failed for good, and waits for a person.
      retry: { maxAttempts: 1, backoffMs: 50 },
    };
    const gateway = await Gateway.start([main, ...moreEndpoints], agent);
    await use(gateway);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach("gateway.log", { body: gateway.log, contentType: "text/plain" });
    }
    await gateway.stop();
  },

  watch: async ({ page, gateway, connectionsBreak, javaScriptEnabled }, use) => {
    const watch = watchPage(page, gateway, javaScriptEnabled ?? true);
    await use(watch);
    if (!connectionsBreak) base.expect(watch.trouble, "console errors, failed requests, foreign hosts").toEqual([]);
  },
});

export { expect } from "@playwright/test";

/** Notes every console error, page error, refused or failed request, and request to anyone but the gateway. */
function watchPage(page: Page, gateway: Gateway, scripts: boolean): Watch {
  const watch: Watch = { trouble: [], documents: 0 };
  const here = new URL(gateway.url).host;
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") watch.trouble.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => watch.trouble.push(`page: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.host !== here) watch.trouble.push(`foreign host: ${request.url()}`);
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) watch.documents += 1;
  });
  page.on("websocket", (socket) => {
    if (new URL(socket.url()).host !== here) watch.trouble.push(`foreign host: ${socket.url()}`);
  });
  // What a page still asked for when the next one was opened, and until that one came, the browser breaks off: that is the test's doing, not trouble.
  const asked = new Set<Request>();
  const left = new Set<Request>();
  let leaving = false;
  page.on("request", (request) => {
    if (request.isNavigationRequest()) {
      for (const open of asked) left.add(open);
      leaving = request.frame() === page.mainFrame();
    } else if (leaving) {
      left.add(request);
    }
    asked.add(request);
  });
  page.on("framenavigated", (frame) => {
    if (frame === page.mainFrame()) leaving = false;
  });
  page.on("requestfinished", (request) => asked.delete(request));
  page.on("requestfailed", (request) => {
    asked.delete(request);
    if (left.has(request) && request.failure()?.errorText === "net::ERR_ABORTED") return;
    // With JavaScript off the browser itself refuses to fetch any, which is the point of that test.
    if (!scripts && request.failure()?.errorText === "csp") return;
    watch.trouble.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) watch.trouble.push(`${response.status()}: ${response.url()}`);
  });
  return watch;
}
