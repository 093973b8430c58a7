// A hit is followed from what came in to what went out, and an agent that is not there is seen at once.
import { expectLive, inboundPanel, openHit, openLive, step } from "./dashboard.ts";
import { expect, test } from "./fixtures.ts";
import { Gateway } from "./gateway.ts";

test.use({
  inbound: {
    deploy: { agentId: "devops-agent", template: "{{body.repo}}'s {{body.branch}} branch deployment {{body.status}}" },
    signed: {
      agentId: "devops-agent",
      template: "{{body}}",
      verify: { scheme: "github", secret: "It's a Secret to Everybody" },
    },
  },
});

const deploy = { repo: "api", branch: "main", status: "succeeded" };

test("a hit's four steps appear as they happen", async ({ page, gateway, openclaw, receiver, watch }) => {
  const answer = openclaw.takeTime();
  await openLive(page, gateway);
  const { id, statusCode } = await gateway.hit("deploy", deploy);
  expect(statusCode).toBe(202);

  const panel = inboundPanel(page);
  await panel.getByRole("link", { name: "deploy" }).click();
  await expect(page).toHaveURL(`${gateway.url}/hits/${id}`);
  await expect(step(page, "Hit")).toContainText("Accepted");
  await expect(step(page, "Hit")).toContainText('"branch": "main"');
  await expect(step(page, "Prompt")).toContainText("api's main branch deployment succeeded");
  await expect(step(page, "Run")).toContainText("Agent working");
  await expect(step(page, "Callback")).toContainText("as soon as the run ends");

  answer();
  await expect(step(page, "Run")).toContainText("Agent answered");
  await expect(step(page, "Run")).toContainText("The deployment went through.");
  await expect(step(page, "Run")).toContainText("111 tokens in, 22 out");
  const callback = step(page, "Callback");
  await expect(callback).toContainText("message.sent");
  await expect(callback.getByRole("listitem")).toContainText("Delivered");
  expect(receiver.arrivals.map((arrival) => JSON.parse(arrival.body).data.hitId)).toEqual([id]);
  expect(watch.documents).toBe(1);

  await callback.getByRole("link", { name: "main-webhook" }).click();
  await page.getByRole("link", { name: id }).click();
  await expect(step(page, "Callback")).toContainText("Delivered");
  expect(watch.documents).toBe(1);
});

test("a replay starts a run of its own, and leads to it", async ({ page, gateway, openclaw, watch }) => {
  const { id } = await gateway.hit("deploy", { repo: "api" });
  await openHit(page, gateway, id);
  await expectLive(page);
  await expect(step(page, "Prompt")).toContainText("body.branch, body.status");
  await expect(step(page, "Callback").getByRole("listitem")).toContainText("Delivered");

  openclaw.reply = "Once more.";
  await page.getByRole("button", { name: "Replay" }).click();
  await page.getByRole("link", { name: "Show the new hit" }).click();
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(step(page, "Run")).toContainText("Once more.");
  await page.getByRole("link", { name: id }).click();
  await expect(step(page, "Run")).toContainText("The deployment went through.");
  expect(watch.documents).toBe(1);
});

test("what was refused says why, and what came twice leads to the first", async ({ page, gateway, watch }) => {
  await gateway.hit("signed", deploy, { "X-Hub-Signature-256": "sha256=00" });
  await openLive(page, gateway);
  await inboundPanel(page).getByRole("link", { name: "signed" }).click();
  await expect(step(page, "Hit")).toContainText("Refused");
  await expect(step(page, "Hit")).toContainText("not verified");
  await expect(step(page, "Run")).toContainText("No run: the hit was refused.");

  const first = await gateway.hit("deploy", deploy, { "Idempotency-Key": "build-7" });
  const again = await gateway.hit("deploy", deploy, { "Idempotency-Key": "build-7" });
  expect([again.duplicate, again.id]).toEqual([true, first.id]);
  await page.getByRole("navigation").getByRole("link", { name: "Overview" }).click();
  const repeat = inboundPanel(page).getByRole("listitem").filter({ hasText: "Duplicate" });
  await repeat.getByRole("link", { name: "deploy" }).click();
  await page.getByRole("link", { name: first.id }).click();
  await expect(step(page, "Hit")).toContainText("Accepted");
  expect(watch.documents).toBe(1);
});

test("an agent that is away is seen at once, and asked again by a click", async ({ page, gateway, openclaw, watch }) => {
  await openclaw.goAway();
  await openLive(page, gateway);
  const { id } = await gateway.hit("deploy", deploy);
  const panel = inboundPanel(page);
  await expect(panel).toContainText("OpenClaw away");
  await expect(page).toHaveTitle(/^✖ OpenClaw away/);
  await expect(panel.getByRole("listitem").filter({ hasText: "/webhooks/inbound/deploy" })).toContainText("Waiting1");

  await panel.getByRole("link", { name: "deploy" }).click();
  await expect(page).toHaveURL(new RegExp(id));
  await expect(step(page, "Run")).toContainText("OpenClaw away");
  await page.goBack();

  await openclaw.comeBack();
  await panel.getByRole("button", { name: "Check now" }).click();
  await expect(panel).toContainText("OpenClaw ready");
  await panel.getByRole("link", { name: "deploy" }).click();
  await expect(step(page, "Run")).toContainText("Agent answered", { timeout: 10_000 });
  expect(watch.documents).toBe(1);
});

test("without an agent the overview says what the settings say: hits are recorded only", async ({ page }) => {
  const gateway = await Gateway.start([], { inbound: { endpoints: { deploy: { agentId: "devops-agent", template: "{{body.repo}}" } } } });
  try {
    await openLive(page, gateway);
    await expect(inboundPanel(page).getByText("hits are recorded only")).toBeVisible();
    await page.goto(`${gateway.url}/settings`);
    await expect(page.getByRole("region", { name: "Agent" }).getByText("Hits are recorded only.")).toBeVisible();
  } finally {
    await gateway.stop();
  }
});
