// Browser tests: real Chromium, in three modes. Every test starts the servers that it needs on free ports of loopback.
import { defineConfig } from "@playwright/test";
import { chromium } from "./fixtures/chromium.ts";
import type { Options } from "./fixtures/test.ts";

export default defineConfig<Options>({
    testDir: "tests",
    outputDir: "test-results",
    timeout: 90_000,
    expect: { timeout: 15_000 },
    // Two cores: a browser and its server each.
    workers: 2,
    fullyParallel: true,
    forbidOnly: true,
    retries: 0,
    reporter: [["list"], ["./audit/reporter.ts"]],
    use: { ...chromium, trace: "retain-on-failure" },
    projects: [
        { name: "full", use: { mode: "full" } },
        { name: "scripts-off", use: { mode: "scripts-off", javaScriptEnabled: false } },
        { name: "wasm-blocked", use: { mode: "wasm-blocked" } },
    ],
});
