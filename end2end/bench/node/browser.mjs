// A headless Chromium in which the bench's operator is signed in. ORIGIN, BENCH_USER, BENCH_PASSWORD and CHROMIUM say
// which.
import { chromium } from "@playwright/test";

const { ORIGIN, BENCH_USER, BENCH_PASSWORD, CHROMIUM } = process.env;

/** Runs `measure` with a signed-in context, and prints what it returns as JSON. */
export async function measured(measure) {
    const browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    });
    try {
        const context = await browser.newContext({ baseURL: ORIGIN, viewport: { width: 1366, height: 768 } });
        const page = await context.newPage();
        await page.goto("/sign-in");
        await page.getByLabel("User name", { exact: true }).fill(BENCH_USER);
        await page.getByLabel("Password", { exact: true }).fill(BENCH_PASSWORD);
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
        await page.waitForURL("**/streams");
        await page.close();
        console.log(JSON.stringify(await measure(context)));
    } finally {
        await browser.close();
    }
}

/** Opens a page and waits until its islands run. */
export async function opened(context, path) {
    const page = await context.newPage();
    await page.addInitScript(() => {
        window.longTasks = [];
        const note = (list) => window.longTasks.push(...list.getEntries().map((task) => task.duration));
        new PerformanceObserver(note).observe({ type: "longtask" });
    });
    await page.goto(path);
    await page.waitForSelector("html[data-hydrated]", { state: "attached" });
    return page;
}

/** The longest task of a page's main thread in ms since `forgetTasks`; 0 if none took 50 ms. */
export const longestTask = (page) => page.evaluate(() => Math.max(0, ...window.longTasks));
export const forgetTasks = (page) => page.evaluate(() => void window.longTasks.splice(0));
