// How the dashboard's tests run: each starts its own gateway and receiver, so they may run side by side.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: 2,
  // A test that needs a second try hides a fault.
  retries: 0,
  timeout: 20_000,
  expect: { timeout: 5_000 },
  forbidOnly: !!process.env.CI,
  snapshotPathTemplate: "{testDir}/pictures/{arg}{ext}",
  reporter: [["list"], ["./closing-line.ts"]],
  use: {
    locale: "en-GB",
    timezoneId: "UTC",
    screenshot: "only-on-failure",
    launchOptions: {
      // Without one there, Playwright's own, where it was installed.
      executablePath: existsSync(chromium) ? chromium : undefined,
      // The browser speaks to the gateway and to nobody else, and also starts as root and in a container.
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
