// A reporter that ends the run with one line to count by: `end2end: 12 passed, 0 failed`.
import type { Reporter, TestCase } from "@playwright/test/reporter";

export default class ClosingLine implements Reporter {
  private readonly tests = new Set<TestCase>();

  onTestEnd(test: TestCase) {
    this.tests.add(test);
  }

  onEnd() {
    const count = (...outcomes: ReturnType<TestCase["outcome"]>[]) =>
      [...this.tests].filter((test) => outcomes.includes(test.outcome())).length;
    const skipped = count("skipped");
    console.log(
      `end2end: ${count("expected")} passed, ${count("unexpected", "flaky")} failed${skipped ? `, ${skipped} skipped` : ""}`,
    );
  }

  printsToStdio() {
    return true;
  }
}
