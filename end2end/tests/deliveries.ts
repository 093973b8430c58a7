// Deliveries as the API tells of them, to wait for one before looking at the page.
import { expect } from "@playwright/test";
import type { Gateway } from "./gateway.ts";

export interface Delivery {
  id: string;
  eventId: string;
  endpoint: string;
  status: string;
  lastReason?: string;
}

export async function deliveryOf(gateway: Gateway, eventId: string, endpoint = "main-webhook"): Promise<Delivery> {
  const { items } = await gateway.get<{ items: Delivery[] }>(`/deliveries?eventId=${eventId}&endpoint=${endpoint}`);
  const [delivery] = items;
  if (!delivery) throw new Error(`no delivery of ${eventId} to ${endpoint}`);
  return delivery;
}

/** Waits until the event's delivery to `endpoint` has this status. */
export async function settled(gateway: Gateway, eventId: string, status: string, endpoint?: string): Promise<Delivery> {
  await expect.poll(async () => (await deliveryOf(gateway, eventId, endpoint)).status, { intervals: [20, 50, 100] }).toBe(status);
  return deliveryOf(gateway, eventId, endpoint);
}
