// Without a mouse: keys move, open and act; commands are found by name; and whoever types is left alone.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { deliveryRow, expectLive, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { messageSent, sessionCreated } from "./events.ts";
import { expect, test } from "./fixtures.ts";

const palette = (page: Page) => page.getByRole("dialog", { name: "Commands" });

test("j, k, Enter and g move through rows and pages", async ({ page, gateway, watch }) => {
  const first = await gateway.post(messageSent);
  await settled(gateway, first.id, "delivered");
  const second = await gateway.post(sessionCreated);
  const newest = await settled(gateway, second.id, "delivered");
  await openLive(page, gateway);
  await page.keyboard.press("j");
  await expect(deliveryRow(page, "session.created").getByRole("link", { name: "session.created" }).first()).toBeFocused();
  await page.keyboard.press("j");
  await expect(deliveryRow(page, "message.sent").getByRole("link", { name: "message.sent" }).first()).toBeFocused();
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${gateway.url}/deliveries/${newest.id}`);
  // The address is there before the page is.
  await expect(page.getByRole("region", { name: "Attempts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`${gateway.url}/`);
  await page.goBack();
  await expect(page).toHaveURL(`${gateway.url}/deliveries/${newest.id}`);

  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await expect(page).toHaveURL(`${gateway.url}/endpoints`);
  await expect(page.getByRole("link", { name: "main-webhook" })).toBeFocused();
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(page).toHaveURL(`${gateway.url}/settings`);
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await expect(page).toHaveURL(`${gateway.url}/`);
  expect(watch.documents).toBe(1);
});

test("Esc leads back to the log as it was filtered", async ({ page, gateway, watch }) => {
  const { id } = await gateway.post(messageSent);
  const delivery = await settled(gateway, id, "delivered");
  await page.goto(`${gateway.url}/?status=delivered`);
  await expectLive(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${gateway.url}/deliveries/${delivery.id}`);
  await expect(page.getByRole("main").getByRole("link", { name: "Overview" })).toHaveAttribute("href", "/?status=delivered");
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`${gateway.url}/?status=delivered`);
  // To the row it came from: the next one is a key away.
  await expect(deliveryRow(page, "message.sent").getByRole("link", { name: "message.sent" }).first()).toBeFocused();

  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await expect(page.getByRole("link", { name: "main-webhook" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${gateway.url}/endpoints/main-webhook`);
  await expect(page.getByRole("heading", { level: 1, name: "main-webhook" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(`${gateway.url}/endpoints`);
  await expect(page.getByRole("link", { name: "main-webhook" })).toBeFocused();
  expect(watch.documents).toBe(1);
});

test("a row keeps the focus while others come", async ({ page, gateway }) => {
  const { id } = await gateway.post(messageSent);
  const { id: delivery } = await settled(gateway, id, "delivered");
  await openLive(page, gateway);
  await page.keyboard.press("j");
  const link = deliveryRow(page, "message.sent").getByRole("link", { name: "message.sent", exact: true });
  await expect(link).toBeFocused();
  for (let number = 0; number < 5; number++) {
    const { id } = await gateway.post(sessionCreated);
    await settled(gateway, id, "delivered");
  }
  await expect(page.getByRole("button", { name: "5 new" })).toBeVisible();
  await expect(link).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${gateway.url}/deliveries/${delivery}`);
});

test("who leaves the rows sees what came", async ({ page, gateway }) => {
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "delivered");
  await openLive(page, gateway);
  await page.keyboard.press("j");
  const later = await gateway.post(sessionCreated);
  await settled(gateway, later.id, "delivered");
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await page.keyboard.press("/");
  await expect(deliveryRow(page, "session.created")).toBeVisible();
});

test("r sends the focused row again", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "failed");
  await openLive(page, gateway);
  receiver.behaviour = 200;
  await page.keyboard.press("j");
  await page.keyboard.press("r");
  await receiver.arrivalsOf(id, 2);
  await expect(deliveryRow(page, "message.sent")).toContainText("Delivered");
  expect(watch.documents).toBe(1);
});

test("r asks before it sends again what has arrived", async ({ page, gateway, receiver, watch }) => {
  const { id } = await gateway.post(messageSent);
  const delivery = await settled(gateway, id, "delivered");
  await openLive(page, gateway);
  const link = deliveryRow(page, "message.sent").getByRole("link", { name: "message.sent", exact: true });
  const question = page.getByRole("dialog", { name: "Redeliver?" });
  await page.keyboard.press("j");
  await page.keyboard.press("r");
  await expect(question).toContainText("message.sent to main-webhook has arrived already.");
  await expect(question.getByRole("button", { name: "Yes, redeliver" })).toBeFocused();
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(question).toHaveCount(0);
  await expect(link).toBeFocused();
  expect(receiver.arrivals).toHaveLength(1);

  await page.keyboard.press("r");
  await expect(question.getByRole("button", { name: "Yes, redeliver" })).toBeFocused();
  await page.keyboard.press("Enter");
  await receiver.arrivalsOf(id, 2);
  await expect(question).toHaveCount(0);

  // On its own page likewise.
  await page.goto(`${gateway.url}/deliveries/${delivery.id}`);
  await expectLive(page);
  await page.keyboard.press("r");
  await question.getByRole("button", { name: "Leave it" }).click();
  await expect(question).toHaveCount(0);
  expect(receiver.arrivals).toHaveLength(2);
  expect(watch.documents).toBe(2);
});

test("in a field keys are letters", async ({ page, gateway, watch }) => {
  await openLive(page, gateway);
  const line = page.getByRole("searchbox", { name: "Filter the event log" });
  await page.keyboard.press("/");
  await expect(line).toBeFocused();
  await page.keyboard.type("gs?jx");
  await expect(line).toHaveValue("gs?jx");
  await expect(page).toHaveURL(`${gateway.url}/`);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(line).not.toBeFocused();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(watch.documents).toBe(1);
});

test("a command is found by its words, and done", async ({ page, gateway, watch }) => {
  await openLive(page, gateway);
  await page.keyboard.press("Control+k");
  const field = palette(page).getByRole("combobox", { name: "Command" });
  await expect(field).toBeFocused();
  await field.fill("pause main");
  await expect(palette(page).getByRole("option")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(page.getByText("main-webhook: Paused; what comes is held.")).toBeVisible();
  await page.keyboard.press("Control+k");
  await field.fill("nothing of that name");
  await expect(palette(page).getByText("Nothing is called that.")).toBeVisible();
  await field.fill("failed");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${gateway.url}/?status=failed`);
  expect(watch.documents).toBe(1);
});

test("picked rows go out again, after their number was shown", async ({ page, gateway, receiver, watch }) => {
  receiver.behaviour = 500;
  const ids = [];
  for (let count = 0; count < 4; count += 1) ids.push((await gateway.post(sessionCreated)).id);
  for (const id of ids) await settled(gateway, id, "failed");
  await openLive(page, gateway);
  receiver.behaviour = 200;
  const picks = page.getByRole("checkbox", { name: "Select session.created to main-webhook" });
  await picks.nth(0).click();
  await picks.nth(2).click({ modifiers: ["Shift"] });
  const chosen = page.getByRole("group", { name: "3 selected" });
  await chosen.getByRole("button", { name: "Redeliver selected" }).click();
  await expect(page.getByText("3 deliveries go out again.")).toBeVisible();
  expect(receiver.arrivals).toHaveLength(4);
  await page.getByRole("button", { name: "Redeliver them" }).click();
  await expect(page.getByText("3 on their way.")).toBeVisible();
  await expect.poll(() => receiver.arrivals.length).toBe(7);
  await expectLive(page);
  expect(watch.documents).toBe(1);
});
