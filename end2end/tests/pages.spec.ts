// Every page in every mode: accessible, with targets that a finger hits, and as wide as its window.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { disable } from "../fixtures/changes.ts";
import type { Stack } from "../fixtures/servers.ts";
import { type Mode, expect, hydrated, signIn, signInAs, test } from "../fixtures/test.ts";

const PLACE = "/streams/111122223333/eu-west-1";

/** A page: where it is, its heading, and its status if that isn't 200. */
interface Place {
    path: string;
    title: RegExp | string;
    status?: number;
}

/** The violations that axe finds, with its rule about the size of targets. axe is a script: not where those are off. */
async function violations(page: Page, mode: Mode): Promise<string[]> {
    if (mode === "scripts-off") return [];
    const found = await new AxeBuilder({ page }).options({ rules: { "target-size": { enabled: true } } }).analyze();
    return found.violations.map(
        (violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`,
    );
}

/** The controls of less than 24 px. */
function tooSmall(page: Page): Promise<string[]> {
    return page.evaluate(() => {
        const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")];
        const shown = all.filter((element) => element.checkVisibility({ visibilityProperty: true }));
        return shown
            .filter((element) => {
                // A link in a text is as high as its line, and a tick's label is a target as well.
                const isText = element.closest("p, dd, li, .hint, .not-live, td, th, label") !== null;
                const isLabelled = element.matches("[type=checkbox], [type=radio]");
                const box = element.getBoundingClientRect();
                return !isText && !isLabelled && box.width > 0 && Math.min(box.width, box.height) < 23.5;
            })
            .map((element) => element.outerHTML.slice(0, 120));
    });
}

/** Every page, with something on it: three changes, a key in use, two people. */
async function everyPage(page: Page, stack: Stack): Promise<Place[]> {
    await stack.control("settings", { transition_ms: 1_000 });
    await stack.control("faults", {
        operation: "StopStreamEncryption",
        stream: "invoices",
        fault: { refuse: { code: "AccessDeniedException", message: "not authorized" } },
    });
    await signIn(page, stack, "ada", "admin");
    const settled = await disable(page, stack, "refunds");
    await expect(async () => {
        await page.reload();
        await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 1_000 });
    }).toPass({ timeout: 40_000 });
    const rejected = await disable(page, stack, "invoices");
    await page.goto(`${stack.origin}/keys`);
    const key = await page.getByRole("main").locator("a[href^='/keys/']").first().getAttribute("href");
    await page.goto(`${stack.origin}/settings/users`);
    const user = await page.getByRole("main").locator("a[href^='/settings/users/']").first().getAttribute("href");
    const at = (url: string) => new URL(url).pathname;
    return [
        { path: "/streams", title: "Streams" },
        { path: "/streams?q=orders&encryption=encrypted&cols=mode,tags,shards", title: "Streams" },
        { path: `${PLACE}/orders-prod`, title: "orders-prod" },
        { path: `${PLACE}/orders-prod/disable`, title: "Disable encryption of orders-prod?" },
        { path: `${PLACE}/web-clicks/enable`, title: "Enable encryption of web-clicks?" },
        { path: "/changes", title: "Changes" },
        { path: at(settled), title: "Change of refunds" },
        { path: at(rejected), title: "Change of invoices" },
        { path: "/keys", title: "Keys" },
        { path: key!, title: /./ },
        { path: "/audit", title: "Audit" },
        { path: "/settings", title: "Settings" },
        { path: "/settings/users", title: "Users" },
        { path: user!, title: "ada" },
        { path: "/confirm-identity", title: /./ },
        { path: "/help", title: /./ },
        { path: "/nowhere", title: "Not found", status: 404 },
        { path: `${PLACE}/no-such-stream`, title: "Not found", status: 404 },
        { path: "/sign-in", title: "Sign in" },
    ];
}

for (const [width, height] of [
    [360, 640],
    [1024, 768],
    [1366, 768],
    [1600, 900],
] as const) {
    test(`every page at ${width} px`, async ({ page, stack, mode }) => {
        test.setTimeout(240_000);
        const places = await everyPage(page, stack);
        await page.setViewportSize({ width, height });
        for (const { path, title, status } of places) {
            await test.step(path, async () => {
                const answer = await page.goto(stack.origin + path);
                expect(answer!.status(), path).toBe(status ?? 200);
                const heading = page.getByRole("heading", { level: 1 });
                await expect(heading, path).toHaveText(title);
                await expect(page).toHaveTitle(/^.+ \u00b7 Keystream$/);
                if (!(status && path === "/nowhere")) await hydrated(page, status ? "wasm-blocked" : mode);
                const wide = await page.evaluate(() => document.documentElement.scrollWidth);
                expect.soft(wide, `${path} scrolls sideways`).toBeLessThanOrEqual(width);
                expect.soft(await tooSmall(page), `too small on ${path}`).toEqual([]);
                if (width === 360 || width === 1366) expect.soft(await violations(page, mode), path).toEqual([]);
            });
        }
        await page.goto(`${stack.origin}/streams`);
        if (mode !== "full") return;
        await hydrated(page, mode);
        for (const action of ["Disable encryption of orders-prod", "Enable encryption of web-clicks"]) {
            await page.getByRole("link", { name: action, exact: true }).click();
            const dialog = page.getByRole("dialog", { name: `${action}?`, exact: true });
            await expect(dialog.getByLabel("Reason", { exact: true })).toBeVisible();
            expect.soft(await violations(page, mode), `dialog ${action}`).toEqual([]);
            expect
                .soft(await page.evaluate(() => document.documentElement.scrollWidth), `dialog ${action}`)
                .toBeLessThanOrEqual(width);
            await page.keyboard.press("Escape");
            await expect(dialog).toBeHidden();
        }
    });
}

for (const [width, height] of [
    [1366, 768],
    [360, 640],
    [844, 390],
] as const) {
    // One whose name is used in another Region as well: with every line that a confirmation can have at rest.
    for (const [action, name] of [
        ["Disable", "orders-prod"],
        ["Disable", "card-authorizations"],
        ["Enable", "web-clicks"],
    ] as const) {
        test(`${action.toLowerCase()} ${name}: fields and buttons are in view at ${width}x${height}`, async (
            { page, demo, mode },
        ) => {
            await page.setViewportSize({ width, height });
            await signInAs(page, demo, "operator");
            const path = `${PLACE}/${name}`;
            await expect(async () => {
                await page.goto(`${demo}${path}/${action.toLowerCase()}`);
                await expect(page.getByLabel("Reason", { exact: true })).toBeVisible({ timeout: 1_000 });
            }).toPass();
            await hydrated(page, mode);
            await inView(page.getByRole("main"), action, "link");
            if (mode !== "full") return;
            await expect(async () => {
                await page.goto(demo + path);
                await page
                    .getByRole("link", { name: `${action} encryption of ${name}`, exact: true })
                    .click({ timeout: 1_000, trial: true });
            }).toPass();
            await hydrated(page, mode);
            await page.getByRole("link", { name: `${action} encryption of ${name}`, exact: true }).click();
            const dialog = page.getByRole("dialog", { name: `${action} encryption of ${name}?`, exact: true });
            await expect(dialog.getByLabel("Reason", { exact: true })).toBeVisible();
            await inView(dialog, action, "button");
        });
    }
}

async function inView(
    form: ReturnType<Page["locator"]>,
    action: "Disable" | "Enable",
    cancel: "link" | "button",
): Promise<void> {
    for (const [what, control] of Object.entries({
        name: form.getByLabel("Type the stream name to confirm", { exact: true }),
        cancel: form.getByRole(cancel, { name: "Cancel", exact: true }),
        button: form.getByRole("button", { name: `${action} encryption`, exact: true }),
    })) {
        await expect(control, what).toBeInViewport({ ratio: 1 });
        const isCovered = await control.evaluate((element) => {
            const box = element.getBoundingClientRect();
            const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
            return seen !== element && !element.contains(seen);
        });
        expect(isCovered, `${what} is covered`).toBe(false);
    }
}

test("on a phone the first row starts within 300 px", async ({ page, demo, mode }) => {
    await page.setViewportSize({ width: 360, height: 640 });
    for (const user of ["operator", "viewer"] as const) {
        await page.context().clearCookies();
        await signInAs(page, demo, user);
        await hydrated(page, mode);
        const first = page.getByRole("table", { name: "Streams" }).getByRole("row").nth(1);
        expect((await first.boundingBox())!.y, user).toBeLessThanOrEqual(300);
    }
});

test("streams of one name are told apart", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await page.goto(`${demo}/streams?q=app-telemetry`);
    await hydrated(page, mode);
    const table = page.getByRole("table", { name: "Streams" });
    const links = table.getByRole("link", { name: "app-telemetry", exact: true });
    const hrefs = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")!));
    expect(hrefs.length).toBeGreaterThan(1);
    for (const [at, href] of hrefs.entries()) {
        const [, account, region] = /^\/streams\/(\d+)\/([^/]+)\//.exec(href)!;
        await expect(links.nth(at)).toHaveAccessibleDescription(new RegExp(`^${account}\\s+${region}`));
    }
    // Their actions too.
    const actions = page.getByRole("link", { name: "Disable encryption of app-telemetry", exact: true });
    const enables = page.getByRole("link", { name: "Enable encryption of app-telemetry", exact: true });
    const described = [...(await actions.all()), ...(await enables.all())];
    expect(described.length).toBe(hrefs.length);
    for (const link of described) {
        const [, account, region] = /^\/streams\/(\d+)\/([^/]+)\//.exec((await link.getAttribute("href"))!)!;
        await expect(link).toHaveAccessibleDescription(new RegExp(`^${account}\\s+${region}`));
    }
});

test("403 and 404 keep the bar", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    for (const [path, status, title] of [
        [`${PLACE}/orders-prod/disable`, 403, "Not permitted"],
        ["/settings/users", 403, "Not permitted"],
        ["/nowhere", 404, "Not found"],
        [`${PLACE}/no-such-stream`, 404, "Not found"],
        ["/changes/0000000000000000", 404, "Not found"],
    ] as const) {
        const answer = await page.goto(demo + path);
        expect(answer!.status(), path).toBe(status);
        await expect(page.getByRole("heading", { level: 1, name: title, exact: true })).toBeVisible();
        const nav = page.getByRole("navigation", { name: "Pages", exact: true });
        for (const name of ["Streams", "Changes", "Keys", "Audit", "Settings", "Help"]) {
            await expect(nav.getByRole("link", { name, exact: true })).toBeVisible();
        }
        await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
        expect.soft(await violations(page, mode), path).toEqual([]);
        await nav.getByRole("link", { name: "Streams", exact: true }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
    }
});
