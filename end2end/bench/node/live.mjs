// What moves on a list that is left alone for SECONDS while its streams change.
import { forgetTasks, longestTask, measured, opened } from "./browser.mjs";

/** In the page, before anything of it is there: notes shifts, and counts changes of its content. */
function observe() {
    window.shifts = [];
    window.updates = 0;
    const note = (list) => {
        for (const { value, startTime, hadRecentInput, sources } of list.getEntries()) {
            const moved = sources.map(({ node, previousRect: { height: from }, currentRect: { height: to } }) => {
                const element = node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement;
                const name = element?.closest("[data-label]")?.dataset.label ?? element?.className;
                const words = `${element?.localName ?? "gone"} ${name || element?.id || ""}`.trim();
                return from === to ? words : `${words} (resized)`;
            });
            if (!hadRecentInput) window.shifts.push({ value, at: startTime, moved });
        }
    };
    new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
    addEventListener("DOMContentLoaded", () => {
        const count = (records) => (window.updates += records.length);
        new MutationObserver(count).observe(document.querySelector("main"), {
            subtree: true,
            childList: true,
            characterData: true,
            attributes: true,
        });
    });
}

/** CLS: the worst burst of shifts, of at most 5 s with at most 1 s between them. */
function worstBurst(shifts) {
    let worst = 0;
    let burst = { begin: -Infinity, last: -Infinity, sum: 0 };
    for (const { value, at } of shifts) {
        if (at - burst.last > 1_000 || at - burst.begin > 5_000) burst = { begin: at, last: at, sum: 0 };
        burst.last = at;
        burst.sum += value;
        worst = Math.max(worst, burst.sum);
    }
    return worst;
}

/** What moved most, by its share of all shifts. */
function blamed(shifts) {
    const sums = new Map();
    for (const { value, moved } of shifts) {
        for (const what of new Set(moved)) sums.set(what, (sums.get(what) ?? 0) + value);
    }
    return [...sums].sort(([, a], [, b]) => b - a).slice(0, 5).map(([what, sum]) => `${what} ${sum.toFixed(4)}`);
}

await measured(async (context) => {
    await context.addInitScript(observe);
    const page = await opened(context, "/streams?per=25");
    const devtools = await context.newCDPSession(page);
    await devtools.send("HeapProfiler.enable");
    await devtools.send("Performance.enable");
    const heap = async () => {
        await devtools.send("HeapProfiler.collectGarbage");
        const { metrics } = await devtools.send("Performance.getMetrics");
        return metrics.find(({ name }) => name === "JSHeapUsedSize").value;
    };
    await forgetTasks(page);
    const before = await heap();
    await page.waitForTimeout(Number(process.env.SECONDS) * 1_000);
    const { shifts, updates } = await page.evaluate(() => ({ shifts: window.shifts, updates: window.updates }));
    return {
        cls: worstBurst(shifts),
        sum: shifts.reduce((sum, { value }) => sum + value, 0),
        shifts: shifts.length,
        moved: blamed(shifts),
        updates,
        longest_task: await longestTask(page),
        heap_before: before,
        heap_after: await heap(),
    };
});
