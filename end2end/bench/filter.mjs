// From a submitted filter to the frame that shows its result, in Chromium. Prints its numbers as JSON.
// ORIGIN, BENCH_USER, BENCH_PASSWORD, CHROMIUM, STREAMS and FILTERS say what to do.
import { chromium } from "@playwright/test";

const { ORIGIN, BENCH_USER, BENCH_PASSWORD, CHROMIUM } = process.env;
const streams = Number(process.env.STREAMS);
const wanted = Number(process.env.FILTERS);

/** Filters whose results differ in size from one to the next, so that a new result can be told from the old one. */
function filters() {
    const names = Array.from({ length: streams }, (_, n) => `stream-${String(n + 1).padStart(5, "0")}`);
    const matching = (text) => names.filter((name) => name.includes(text)).length;
    const chosen = [];
    let last = -1;
    for (let n = 1; chosen.length < wanted && n < 100_000; n++) {
        // Of one to four digits, in a mixed order.
        const text = String((n * 7_919) % [10, 100, 1_000, 10_000][n % 4]);
        const count = matching(text);
        if (count > 0 && count !== last && !chosen.includes(text)) {
            chosen.push(text);
            last = count;
        }
    }
    return chosen;
}

/** In the page: submits the form, and answers how many milliseconds later the new count had been painted. */
function submit(text) {
    return new Promise((resolve, reject) => {
        const form = document.querySelector('form[role="search"]');
        const count = () => document.querySelector(".found")?.textContent ?? "";
        const before = count();
        let submittedAt = 0;
        form.addEventListener("submit", () => (submittedAt = performance.now()), { capture: true, once: true });
        const giveUp = setTimeout(() => reject(new Error(`no new count for ${text}: "${count()}"`)), 10_000);
        const observer = new MutationObserver(() => {
            if (count() === before || count() === "" || !location.search.includes(`q=${text}`)) return;
            observer.disconnect();
            clearTimeout(giveUp);
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - submittedAt)));
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        form.requestSubmit();
    });
}

const percentile = (values, percent) => {
    const ranked = [...values].sort((a, b) => a - b);
    return ranked[Math.min(ranked.length - 1, Math.floor((ranked.length * percent) / 100))];
};

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
    const page = await browser.newPage();
    await page.addInitScript(() => {
        window.tasks = [];
        new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((task) => task.duration))).observe(
            { type: "longtask" },
        );
    });
    await page.goto(`${ORIGIN}/sign-in`);
    await page.getByLabel("User name", { exact: true }).fill(BENCH_USER);
    await page.getByLabel("Password", { exact: true }).fill(BENCH_PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL("**/streams");
    await page.waitForSelector("html[data-hydrated]", { state: "attached" });
    const [warm, ...measured] = filters();
    await page.fill("#q", warm);
    await page.evaluate(submit, warm);
    await page.evaluate(() => void window.tasks.splice(0));
    const times = [];
    for (const text of measured) {
        await page.fill("#q", text);
        times.push(await page.evaluate(submit, text));
    }
    const tasks = await page.evaluate(() => window.tasks);
    const told = {
        samples: times.length,
        p50: percentile(times, 50),
        p95: percentile(times, 95),
        max: Math.max(...times),
        longest_task: Math.max(0, ...tasks),
    };
    console.log(JSON.stringify(told));
} finally {
    await browser.close();
}
