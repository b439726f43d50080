// When a list shows each of the streams NAMES as not encrypted, in ms since 1970.
import { measured, opened } from "./browser.mjs";

const names = process.env.NAMES.split(",");

/** In the page: notes the frame in which a row first says so. */
function watch(names) {
    window.shown = {};
    const waiting = new Set(names);
    const links = () => [...document.querySelectorAll('th[scope="row"] a')];
    const rowOf = (name) => links().find((link) => link.textContent.trim() === name)?.closest("tr");
    const look = () => {
        for (const name of waiting) {
            const text = rowOf(name)?.querySelector('[data-label="Encryption"]')?.textContent.trim() ?? "";
            if (!text.startsWith("Not encrypted")) continue;
            waiting.delete(name);
            requestAnimationFrame(() => (window.shown[name] = Date.now()));
        }
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}

await measured(async (context) => {
    const page = await opened(context, "/streams?per=100");
    await page.evaluate(watch, names);
    await page.waitForFunction((count) => Object.keys(window.shown).length >= count, names.length, {
        timeout: 60_000 + 15_000 * names.length,
        polling: 500,
    });
    return { shown: await page.evaluate(() => window.shown) };
});
