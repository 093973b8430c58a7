// An endpoint's page: what can be done to it, what it would be sent, and whether a signature is right.
import { deliveryRow, expectLive, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { messageSent } from "./events.ts";
import { expect, test } from "./fixtures.ts";
import type { Page } from "@playwright/test";
import type { Gateway } from "./gateway.ts";

async function openEndpoint(page: Page, gateway: Gateway, name = "main-webhook"): Promise<void> {
  await page.goto(`${gateway.url}/endpoints/${name}`);
  await expectLive(page);
}

const deliveries = (page: Page) => page.getByRole("region", { name: "Deliveries" }).getByRole("listitem");

test("check, test, pause and resume answer at once and show what came of it", async ({ page, gateway, receiver, watch }) => {
  await openLive(page, gateway);
  await page.getByRole("region", { name: "Endpoints" }).getByRole("link", { name: "main-webhook" }).click();
  await expect(page).toHaveURL(`${gateway.url}/endpoints/main-webhook`);

  await page.getByRole("button", { name: "Check now" }).click();
  await expect(page.getByText("Reachable: 200 in").first()).toBeVisible();

  await page.getByLabel("Type of the test event").selectOption("tool.completed");
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect(deliveries(page)).toHaveCount(1);
  await expect(deliveries(page)).toContainText("tool.completed");
  await expect(deliveries(page)).toContainText("Delivered");
  expect(receiver.arrivals.map((arrival) => JSON.parse(arrival.body).data.test)).toEqual([true]);

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("paused by a person")).toBeVisible();
  await gateway.post(messageSent);
  await expect(deliveries(page).first()).toContainText("Held");
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(deliveries(page).first()).toContainText("Delivered");
  expect(watch.documents).toBe(1);
});

test("an open circuit is tried at once when someone asks, and what was held goes out", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  for (let number = 0; number < 10; number++) {
    const { id } = await gateway.post(messageSent);
    await settled(gateway, id, "failed");
  }
  const held = await gateway.post(messageSent);
  await settled(gateway, held.id, "held");
  await openLive(page, gateway);
  const row = page.getByRole("region", { name: "Endpoints" }).getByRole("listitem");
  await expect(row).toContainText(/Circuit open after 10 failures, tries again in \d+ s/);
  receiver.behaviour = 200;
  await row.getByRole("button", { name: "Try now" }).click();
  await settled(gateway, held.id, "delivered");
  await expect(row).not.toContainText("Circuit open");
  await expect(row).toContainText("Degraded");
  await expect(row).toContainText("10 of the last 11 attempts failed");
  expect(watch.documents).toBe(1);
});

test("the row's menu on the overview does the same", async ({ page, gateway, watch }) => {
  await openLive(page, gateway);
  const row = page.getByRole("region", { name: "Endpoints" }).getByRole("listitem").filter({ hasText: "main-webhook" });
  await row.getByLabel("Actions for main-webhook").click();
  await row.getByRole("button", { name: "Send test event" }).click();
  await expect(deliveryRow(page, "message.received")).toContainText("Delivered");
  expect(watch.documents).toBe(1);
});

test("the preview shows what would be sent, or why nothing", async ({ page, gateway, receiver, watch }) => {
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered");
  await openEndpoint(page, gateway);
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByRole("button", { name: "Preview" }).click();
  await expect(preview).toContainText("It would be sent.");
  await expect(preview).toContainText("X-OpenClaw-Event-Id: ".concat(id), { ignoreCase: true });

  await preview.getByLabel("Event, as JSON").fill('{"type":"tool.called","data":{}}');
  await preview.getByRole("button", { name: "Preview" }).click();
  await expect(preview).toContainText("It would not be sent");
  expect(receiver.arrivals).toHaveLength(1);
  expect(watch.documents).toBe(1);
});

test("a signature that does not match is explained", async ({ page, gateway, receiver, watch }) => {
  const { id } = await gateway.post(messageSent);
  const [arrival] = await receiver.arrivalsOf(id, 1);
  await openEndpoint(page, gateway);
  const verify = page.getByRole("region", { name: "Check a signature" });
  await verify.getByLabel("Secret").fill("whsec_xxxxxxxxxxxxxxxx");
  await verify.getByLabel("X-OpenClaw-Timestamp").fill(String(arrival!.headers["x-openclaw-timestamp"]));
  await verify.getByLabel("X-OpenClaw-Signature").fill(String(arrival!.headers["x-openclaw-signature"]));
  await verify.getByLabel("Body, byte for byte").fill(arrival!.body);
  await verify.getByRole("button").click();
  await expect(verify.getByRole("status")).toContainText("It matches.");
  await verify.getByLabel("Body, byte for byte").fill(`${arrival!.body}\n`);
  await verify.getByRole("button").click();
  await expect(verify.getByRole("status")).toContainText("something added one");
  expect(watch.documents).toBe(1);
});
