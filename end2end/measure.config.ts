// How the dashboard's measurements run: one after the other, with nothing beside them.
import tests from "./playwright.config.ts";

const seconds = Number(process.env.MEASURE_SECONDS ?? 60);

export default {
  ...tests,
  testDir: "measure",
  fullyParallel: false,
  workers: 1,
  // What is sent, what comes after it, and the start.
  timeout: (seconds * 3 + 180) * 1000,
};
