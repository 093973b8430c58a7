// Endpoints that are made here, deliveries that are ended by hand, and what the settings show.
import { deliveryRow, expectLive, openDelivery, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { errorOccurred, messageSent } from "./events.ts";
import { expect, test } from "./fixtures.ts";

test.use({
  moreEndpoints: [
    { name: "slow-to-give-up", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 9, backoffMs: 600000 } },
  ],
});

test("an endpoint is added, gets events, is changed and removed", async ({ page, gateway, receiver, watch }) => {
  await page.goto(`${gateway.url}/endpoints`);
  await expectLive(page);
  await page.getByLabel("Name").fill("added");
  await page.getByLabel("URL").fill("not an address");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText(/a URL has no spaces/)).toBeVisible();
  // The refusal, and the browser's own word of it: these two and no other.
  await expect.poll(() => watch.trouble.length).toBe(2);
  expect(watch.trouble.every((said) => said.includes("422"))).toBe(true);
  watch.trouble.length = 0;

  await page.getByLabel("URL").fill(receiver.url);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByText("added is there.")).toBeVisible();
  await expect(page.locator("code.id")).toContainText("whsec_");
  await page.getByRole("link", { name: "Open it added" }).click();

  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered", "added");
  await expect(page.getByRole("region", { name: "Deliveries" })).toContainText("message.sent");
  await page.getByRole("region", { name: "Change" }).getByLabel("More, as JSON").fill('{"timeoutMs": 4000}');
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("region", { name: "Configuration" })).toContainText("4.00 s");

  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Yes, remove" }).click();
  await expect(page).toHaveURL(`${gateway.url}/endpoints`);
  await expect(page.getByRole("link", { name: "added" })).toHaveCount(0);
  expect(watch.documents).toBe(1);
});

test("a delivery that waits is cancelled; its event and endpoint are a click away", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(errorOccurred);
  const delivery = await settled(gateway, id, "retrying", "slow-to-give-up");
  await openDelivery(page, gateway, delivery.id);
  await expectLive(page);
  await page.getByRole("button", { name: "Cancel" }).click();
  await settled(gateway, id, "cancelled", "slow-to-give-up");
  await expect(page.getByText("Cancelled").first()).toBeVisible();
  await page.getByRole("link", { name: id }).click();
  await expect(page).toHaveURL(`${gateway.url}/events/${id}`);
  await page.getByRole("link", { name: "In the event log" }).click();
  await expect(deliveryRow(page, "error.occurred", "slow-to-give-up")).toHaveCount(1);
  expect(watch.documents).toBe(1);
});

test("attempts are compared", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  const { id } = await gateway.post(messageSent);
  const delivery = await settled(gateway, id, "failed");
  await openDelivery(page, gateway, delivery.id);
  await expectLive(page);
  receiver.behaviour = 200;
  await page.getByRole("button", { name: "Redeliver" }).click();
  const newest = page.locator("details.attempt").first();
  await expect(newest).toContainText("Unlike attempt 1: 500 Receiver failed → 200 Delivered");
  await expect(newest.getByRole("button", { name: "Copy as curl" })).toBeVisible();
  expect(watch.documents).toBe(1);
});

test("the verdict names who needs a look, and leads there", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(errorOccurred);
  await settled(gateway, id, "retrying", "slow-to-give-up");
  await openLive(page, gateway);
  await page.getByRole("link", { name: "slow-to-give-up degraded" }).click();
  await expect(page).toHaveURL(`${gateway.url}/endpoints/slow-to-give-up`);
  await expect(page.getByText("Connection refused.").first()).toBeVisible();
  expect(watch.documents).toBe(1);
});

test("the settings show what is in force and where it comes from", async ({ page, gateway, watch }) => {
  await openLive(page, gateway);
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Settings");
  await expect(page.getByText("Open to this machine alone")).toBeVisible();
  await expect(page.getByText("Not sealed")).toBeVisible();
  await expect(page.getByText("OPENCLAW_WEBHOOKS_KEY, or a file")).toBeVisible();
  const row = page.getByRole("row").filter({ hasText: "webhooks.server.instanceId" });
  await expect(row).toContainText("node-1");
  await expect(row).toContainText("file");
  expect(watch.documents).toBe(1);
});
