// Hits as their providers' own libraries sign them: what those call right is taken here, and nothing else.
import { expect, test } from "@playwright/test";
import { Webhooks as GitHub } from "@octokit/webhooks";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Gateway } from "./gateway.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const other = "whsec_AAAAAr8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = JSON.stringify({ id: "evt_1", repo: "my-app", status: "배포 성공 ✓" });

/** The headers with which a provider sends `body` at that time. */
type Sign = (secret: string, at: Date) => Promise<Record<string, string>>;

const providers: Record<string, { sign: Sign; signsTime: boolean }> = {
  github: {
    sign: async (secret) => ({ "X-Hub-Signature-256": await new GitHub({ secret }).sign(body) }),
    signsTime: false,
  },
  stripe: {
    sign: async (secret, at) => ({
      "Stripe-Signature": Stripe.webhooks.generateTestHeaderString({
        payload: body,
        secret,
        timestamp: Math.floor(at.getTime() / 1000),
      }),
    }),
    signsTime: true,
  },
  standard: {
    sign: async (secret, at) => ({
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new StandardWebhook(secret).sign("msg_1", at, body),
    }),
    signsTime: true,
  },
};

let gateway: Gateway;

test.beforeAll(async () => {
  const inbound = Object.keys(providers).map((scheme) => [
    scheme,
    { agentId: "ops", template: "{{body.status}}", verify: { scheme, secret } },
  ]);
  gateway = await Gateway.start([], { inbound: { endpoints: Object.fromEntries(inbound) } });
});

test.afterAll(async () => {
  await gateway.stop();
});

async function send(scheme: string, headers: Record<string, string>, sent = body): Promise<number> {
  const response = await fetch(`${gateway.url}/webhooks/inbound/${scheme}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: sent,
  });
  return response.status;
}

for (const [scheme, { sign, signsTime }] of Object.entries(providers)) {
  test(`${scheme}: what its own library signs is taken`, async () => {
    const now = new Date();
    expect(await send(scheme, await sign(secret, now))).toBe(202);
    expect(await send(scheme, await sign(other, now))).toBe(401);
    expect(await send(scheme, {})).toBe(401);
    // One bit of the body.
    const flipped = body.replace("my-app", "my-apq");
    expect(await send(scheme, await sign(secret, now), flipped)).toBe(401);
    if (signsTime) {
      const minutes = (count: number): Date => new Date(now.getTime() + count * 60_000);
      expect(await send(scheme, await sign(secret, minutes(-6)))).toBe(401);
      expect(await send(scheme, await sign(secret, minutes(6)))).toBe(401);
    }
    const hits = await gateway.get<{ items: { outcome: string; prompt?: string; cause?: string }[] }>(
      `/hits?inbound=${scheme}`,
    );
    const taken = hits.items.filter((hit) => hit.outcome === "accepted");
    expect(taken.map((hit) => hit.prompt)).toEqual(["배포 성공 ✓"]);
    expect(hits.items.filter((hit) => hit.outcome === "refused").every((hit) => hit.cause)).toBe(true);
  });
}
