// `make screenshots`: the pictures of README.
import { defineConfig } from "@playwright/test";
import { chromium } from "./fixtures/chromium.ts";

export default defineConfig({
    testDir: "pictures",
    outputDir: "test-results",
    timeout: 60_000,
    workers: 1,
    reporter: [["line"]],
    use: {
        ...chromium,
        viewport: { width: 1280, height: 800 },
        deviceScaleFactor: 1,
        timezoneId: "UTC",
        locale: "en-GB",
    },
});
