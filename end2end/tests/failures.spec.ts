// A failure says in words what went wrong and what would help.
import { deliveryRow, openDelivery, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { errorOccurred, messageSent } from "./events.ts";
import { expect, test } from "./fixtures.ts";

test.use({
  moreEndpoints: [{ name: "nobody-there", url: "http://127.0.0.1:1/", events: ["error.occurred"], retry: { maxAttempts: 1, backoffMs: 50 } }],
});

test("nobody listens: the row and the delivery's page say so", async ({ page, gateway, watch }) => {
  await openLive(page, gateway);
  const { id } = await gateway.post(errorOccurred);
  const row = deliveryRow(page, "error.occurred", "nobody-there");
  await expect(row).toContainText("Failed");
  await expect(row).toContainText("Connection refused");

  const delivery = await settled(gateway, id, "failed", "nobody-there");
  expect(delivery.lastReason).toBe("connect_refused");
  await openDelivery(page, gateway, delivery.id);
  await expect(page.getByText("Nothing listens there.").first()).toBeVisible();
  expect(watch.documents).toBe(2);
});

test("the receiver fails: its status and its own words are shown", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  await openLive(page, gateway);
  const { id } = await gateway.post(messageSent);
  const row = deliveryRow(page, "message.sent");
  await expect(row).toContainText("Receiver failed");
  await expect(row).toContainText("500");

  const delivery = await settled(gateway, id, "failed");
  await openDelivery(page, gateway, delivery.id);
  await expect(page.getByText("The receiver has a fault of its own.").first()).toBeVisible();
  await expect(page.getByText("the ticket queue is down").first()).toBeVisible();
  expect(watch.documents).toBe(2);
});

test("the receiver hangs up: said in words", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = "close";
  await openLive(page, gateway);
  await gateway.post(messageSent);
  await expect(deliveryRow(page, "message.sent")).toContainText("Connection broke");
  expect(watch.documents).toBe(1);
});

test("by keyboard: Redeliver keeps the focus, and what came of it is open", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  const { id } = await gateway.post(messageSent);
  const delivery = await settled(gateway, id, "failed");
  await openDelivery(page, gateway, delivery.id);

  receiver.behaviour = 200;
  const button = page.getByRole("button", { name: "Redeliver" });
  await button.focus();
  await page.keyboard.press("Enter");
  await receiver.arrivalsOf(id, 2);
  const newest = page.locator("details.attempt").first();
  await expect(newest).toContainText("Delivered");
  await expect(newest).toHaveAttribute("open", "");
  await expect(button).toBeFocused();
  expect(watch.documents).toBe(1);
});
