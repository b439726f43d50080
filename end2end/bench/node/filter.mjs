// From a submitted filter to the frame that shows its result; and in turn with it, from the fetch of the same page as a
// file to the frame after it was swapped in. FILTERS says which; the first one only warms up.
import { forgetTasks, longestTask, measured, opened } from "./browser.mjs";

const [warm, ...filters] = process.env.FILTERS.split(",");
const BLOCK = 5;

/** In the page: submits the form, and answers how many milliseconds later the new count had been painted. */
function submit(text) {
    return new Promise((resolve, reject) => {
        const field = document.querySelector('input[type="search"][name="q"]');
        const found = () => document.querySelector(".found")?.textContent ?? "";
        const before = found();
        field.value = text;
        const giveUp = setTimeout(() => reject(new Error(`no new count for ${text}: "${found()}"`)), 10_000);
        let submittedAt = 0;
        const observer = new MutationObserver(() => {
            if (found() === before || found() === "" || !location.search.includes(`q=${text}`)) return;
            observer.disconnect();
            clearTimeout(giveUp);
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - submittedAt)));
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        field.form.addEventListener("submit", () => (submittedAt = performance.now()), { capture: true, once: true });
        field.form.requestSubmit();
    });
}

/** In the page: fetches the file and swaps it in, as the least that any script has to do. */
async function swap(text) {
    const begin = performance.now();
    const answer = await fetch(`/pkg/bench-filter-${text}.html`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - begin;
}

await measured(async (context) => {
    const own = await opened(context, "/streams");
    const other = await opened(context, "/streams");
    const times = { filter: [], file: [] };
    for (const [page, act] of [[own, submit], [other, swap]]) {
        await page.bringToFront();
        await page.evaluate(act, warm);
    }
    await forgetTasks(own);
    for (let begin = 0; begin < filters.length; begin += BLOCK) {
        for (const [page, act, into] of [[own, submit, times.filter], [other, swap, times.file]]) {
            await page.bringToFront();
            await page.waitForTimeout(300);
            for (const text of filters.slice(begin, begin + BLOCK)) into.push(await page.evaluate(act, text));
        }
    }
    return { ...times, longest_task: await longestTask(own) };
});
