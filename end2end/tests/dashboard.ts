// Where things stand on the dashboard. The only file that knows; everything is found as a person or a screen reader finds it.
import { expect, type Locator, type Page } from "@playwright/test";
import type { Gateway } from "./gateway.ts";

/** Opens the overview and waits until the live stream feeds it. */
export async function openLive(page: Page, gateway: Gateway): Promise<void> {
  await page.goto(`${gateway.url}/`);
  await expectLive(page);
}

export async function expectLive(page: Page): Promise<void> {
  await expect(connection(page)).toHaveText("Live");
}

/** How the page hears of changes, as a screen reader tells it: Connecting, Live, Reconnecting, Offline. */
export function connection(page: Page): Locator {
  return page.getByRole("status").filter({ hasText: /^(Connecting|Live|Reconnecting|Offline)$/ });
}

/** The event log's rows for one type of event and one endpoint. */
export function deliveryRow(page: Page, type: string, endpoint = "main-webhook"): Locator {
  const log = page.getByRole("region", { name: "Event log" });
  return log.getByRole("listitem").filter({ hasText: type }).filter({ hasText: endpoint });
}

export function redeliverButton(place: Locator | Page): Locator {
  return place.getByRole("button", { name: /^Redeliver/ });
}

/** A delivery's own page. */
export async function openDelivery(page: Page, gateway: Gateway, id: string): Promise<void> {
  await page.goto(`${gateway.url}/deliveries/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
}

/** The panel of what comes in: the agent, the paths and the newest hits. */
export function inboundPanel(page: Page): Locator {
  return page.getByRole("region", { name: "Inbound" });
}

/** A hit's own page. */
export async function openHit(page: Page, gateway: Gateway, id: string): Promise<void> {
  await page.goto(`${gateway.url}/hits/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
}

/** One of the four steps on a hit's page. */
export function step(page: Page, name: "Hit" | "Prompt" | "Run" | "Callback"): Locator {
  return page.getByRole("region", { name, exact: true });
}

/** That a row's status and type stand beside each other, not one over the other. */
export async function expectColumns(row: Locator, status: string): Promise<void> {
  const box = await row.getByText(status, { exact: true }).boundingBox();
  const type = await row.locator(".row-type a").boundingBox();
  expect(box!.x + box!.width).toBeLessThan(type!.x);
}
