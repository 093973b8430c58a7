// What the gateway refuses, or is not there to do: the page says why, and shows what is so, not what was wished.
import type { Page } from "@playwright/test";
import { expectLive, openLive } from "./dashboard.ts";
import { settled } from "./deliveries.ts";
import { messageSent } from "./events.ts";
import { expect, test } from "./fixtures.ts";
import type { Gateway } from "./gateway.ts";

// The browser tells of each refusal in its console.
test.use({ connectionsBreak: true });

const SECRET = "whsec_b25seS1mb3ItdGhpcy10ZXN0";
const GONE = "The gateway can't be reached.";

async function make(gateway: Gateway, url: string): Promise<void> {
  const answer = await fetch(`${gateway.url}/api/v1/endpoints`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: "made-here", url, events: ["message.sent"], secret: SECRET }),
  });
  expect(answer.status).toBe(201);
}

async function open(page: Page, gateway: Gateway, path: string): Promise<void> {
  await page.goto(gateway.url + path);
  await expectLive(page);
}

test("a redelivery of many at a rate that cannot be", async ({ page, gateway, receiver }) => {
  receiver.behaviour = 500;
  const { id } = await gateway.post(messageSent);
  await settled(gateway, id, "failed");
  await open(page, gateway, "/?status=failed&endpoint=main-webhook");
  await page.getByRole("button", { name: "Redeliver all" }).click();
  const many = page.getByRole("group", { name: "Redeliver all" });
  await many.getByRole("spinbutton").fill("0");
  await many.getByRole("button", { name: "Redeliver them" }).click();
  await expect(many).toContainText("must be 0.001 to 10000");
  expect(receiver.arrivals).toHaveLength(1);

  // Put right, it goes.
  receiver.behaviour = 200;
  await many.getByRole("spinbutton").fill("5");
  await many.getByRole("button", { name: "Redeliver them" }).click();
  await settled(gateway, id, "delivered");
});

test("a name that is taken, and a change that is none", async ({ page, gateway, receiver }) => {
  await make(gateway, receiver.url);
  await open(page, gateway, "/endpoints");
  await page.getByLabel("Name").fill("main-webhook");
  await page.getByLabel("URL").fill(receiver.url);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.locator(".ask-why")).toContainText("main-webhook");
  await expect(page.locator("code.id")).toHaveCount(0);

  await open(page, gateway, "/endpoints/made-here");
  const change = page.getByRole("region", { name: "Change" });
  await change.getByLabel("More, as JSON").fill('{"timeoutMs": -1}');
  await change.getByRole("button", { name: "Save" }).click();
  await expect(change.locator(".ask-why")).toContainText("timeoutMs");
  const { timeoutMs } = await gateway.get<{ timeoutMs: number }>("/endpoints/made-here");
  expect(timeoutMs).toBeGreaterThan(0);
});

test("an endpoint that another removed meanwhile is neither revealed nor removed", async ({ page, gateway, receiver }) => {
  await make(gateway, receiver.url);
  await open(page, gateway, "/endpoints/made-here");
  await page.getByRole("button", { name: "Reveal" }).click();
  await page.getByRole("button", { name: "Remove" }).click();
  // Its page hears nothing more, so that it still offers both.
  await page.routeWebSocket(/stream/, () => {});
  expect((await fetch(`${gateway.url}/api/v1/endpoints/made-here`, { method: "DELETE" })).status).toBe(204);
  await page.getByRole("button", { name: "Yes, show it" }).click();
  await expect(page.locator(".reveal .ask-why")).toContainText("made-here");
  await expect(page.getByText(SECRET)).toHaveCount(0);
  await page.getByRole("button", { name: "Yes, remove" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "made-here" }).last()).toBeVisible();
  await expect(page).toHaveURL(`${gateway.url}/endpoints/made-here`);
});

test("a gateway that went away while it was asked", async ({ page, gateway, receiver }) => {
  test.slow();
  await make(gateway, receiver.url);
  await open(page, gateway, "/endpoints/made-here");
  await gateway.kill();
  const head = page.getByRole("main");
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(head.locator(".ask-why").filter({ hasText: GONE })).toHaveCount(1);
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await expect(page.getByText("paused by a person")).toHaveCount(0);
  await page.getByRole("button", { name: "Reveal" }).click();
  await page.getByRole("button", { name: "Yes, show it" }).click();
  await expect(page.locator(".reveal .ask-why")).toContainText(GONE);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("region", { name: "Change" }).locator(".ask-why").first()).toContainText(GONE);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Yes, remove" }).click();
  await expect(page).toHaveURL(`${gateway.url}/endpoints/made-here`);

  // It is back, and so are the buttons.
  await gateway.restart();
  await expectLive(page);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("paused by a person")).toBeVisible();
});

test("a delivery that is being sent already", async ({ page, gateway, receiver }) => {
  receiver.behaviour = "hang";
  const { id } = await gateway.post(messageSent);
  await receiver.arrivalsOf(id, 1);
  await openLive(page, gateway);
  const row = page.getByRole("region", { name: "Event log" }).getByRole("listitem");
  await row.getByRole("link", { name: "message.sent", exact: true }).focus();
  await page.keyboard.press("r");
  await expect(page.getByRole("status").filter({ hasText: "is being delivered right now" })).toBeVisible();
  await expect(row).toContainText("Delivering");
  expect(receiver.arrivals).toHaveLength(1);
});

test("a secret that was shown is hidden again after thirty seconds", async ({ page, gateway, receiver }) => {
  await page.clock.install();
  await make(gateway, receiver.url);
  await open(page, gateway, "/endpoints/made-here");
  await page.getByRole("button", { name: "Reveal" }).click();
  await page.getByRole("button", { name: "Yes, show it" }).click();
  await expect(page.getByText(SECRET)).toBeVisible();
  await page.clock.runFor(25_000);
  await expect(page.getByText(SECRET)).toBeVisible();
  await page.clock.runFor(6_000);
  await expect(page.getByText(SECRET)).toHaveCount(0);
  expect(await page.content()).not.toContain(SECRET);
});
