// What the status region announces: in the color of what it is about, without links to where somebody is already, and
// without moving anything.
import type { Page } from "@playwright/test";
import { disable } from "../fixtures/changes.ts";
import { Client } from "../fixtures/client.ts";
import { confirmation } from "../fixtures/confirmations.ts";
import { isLive, openList } from "../fixtures/live.ts";
import type { Stack } from "../fixtures/servers.ts";
import { expect, hydrated, signIn, signInAs, test } from "../fixtures/test.ts";

const STREAM = "/streams/111122223333/eu-west-1";
const COLORS = {
    attention: ["rgb(138, 75, 0)", "rgb(252, 240, 221)"],
    moving: ["rgb(26, 95, 180)", "rgb(229, 239, 250)"],
    good: ["rgb(10, 107, 74)", "rgb(230, 244, 238)"],
    bad: ["rgb(179, 38, 30)", "rgb(251, 233, 231)"],
} as const;

/** What is announced of a stream's change. */
const piece = (page: Page, name: string) => page.locator("#announcer > p").filter({ hasText: `${name}:` });

/** Whether an announcement can be seen, rather than only heard. */
function isSeen(page: Page, name: string): Promise<boolean> {
    return piece(page, name).evaluate((piece) => {
        const { left, top, width, height } = piece.getBoundingClientRect();
        return piece.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    });
}

/** Opens a page of somebody who is signed in, and waits until it is live. */
async function openLive(page: Page, stack: Stack, path: string): Promise<void> {
    await page.goto(stack.origin + path);
    await hydrated(page, "full");
    await isLive(page);
}

async function hasColor(page: Page, words: string, color: keyof typeof COLORS): Promise<void> {
    const said = page.locator("#announcer > p").filter({ hasText: words });
    await expect(said).toBeVisible({ timeout: 40_000 });
    const [edge, wash] = COLORS[color];
    for (const side of ["left", "top", "right", "bottom"]) {
        await expect(said, words).toHaveCSS(`border-${side}-color`, edge);
        await expect(said, words).toHaveCSS(`border-${side}-style`, "solid");
    }
    await expect(said, words).toHaveCSS("background-color", wash);
}

test("what a form has done is announced in green", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await page.goto(`${demo}/settings`);
    await hydrated(page, mode);
    const form = page.locator("form").filter({ has: page.getByLabel("Use keyboard shortcuts", { exact: true }) });
    await form.getByRole("button", { name: "Save", exact: true }).click();
    await expect(page.getByRole("status").first()).toHaveText("Keyboard shortcuts saved for this browser.");
    await hasColor(page, "Keyboard shortcuts saved", "good");
});

test.describe("with wasm", () => {
    test.skip(({ mode }) => mode !== "full", "only wasm announces changes");
    test.setTimeout(180_000);

    test("a change is announced in the color of its state", async ({ page, context, stack }) => {
        const fault = (stream: string, fault: unknown) =>
            stack.control("faults", { operation: "StopStreamEncryption", stream, fault });
        await fault("orders-prod", "drop-request");
        await fault("invoices", { refuse: { code: "AccessDeniedException", message: "not authorized" } });
        await stack.control("settings", { transition_ms: 5_000 });
        await openList(page, stack);
        await openLive(page, stack, "/streams?q=chargebacks");
        const other = await context.newPage();
        await disable(other, stack, "invoices");
        await hasColor(page, "invoices: Rejected.", "bad");
        await disable(other, stack, "chargebacks");
        await hasColor(page, "chargebacks: Updating.", "moving");
        await hasColor(page, "chargebacks: Settled: AWS reported ACTIVE and not encrypted at ", "good");
        await disable(other, stack, "orders-prod");
        await hasColor(page, "orders-prod: Outcome unknown.", "attention");
    });

    test("news stays announced while nothing is new, and is said once", async ({ page, context, stack }) => {
        const fault = (stream: string, fault: unknown) =>
            stack.control("faults", { operation: "StopStreamEncryption", stream, fault });
        await fault("orders-prod", "drop-request");
        await fault("invoices", { refuse: { code: "AccessDeniedException", message: "not authorized" } });
        await stack.control("settings", { transition_ms: 600_000 });
        await openList(page, stack);
        await openLive(page, stack, "/streams?q=chargebacks");
        await page.evaluate(() => {
            const said = ((window as unknown as { said: string[] }).said = []) as string[];
            const region = document.querySelector("#announcer")!;
            new MutationObserver((changes) => {
                for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
                    said.push(node.textContent!.replace(/See the change.*/, "").trim());
                }
            }).observe(region, { childList: true });
        });
        const other = await context.newPage();
        // Two that go on, which Keystream reads again and again, and one that has ended.
        for (const name of ["orders-prod", "refunds", "invoices"]) await disable(other, stack, name);
        await expect(piece(page, "invoices")).toContainText("Rejected.");
        const reads = await stack.calls("DescribeStreamSummary");
        await page.waitForTimeout(8_000);
        expect(await stack.calls("DescribeStreamSummary")).toBeGreaterThan(reads + 4);
        await expect(piece(page, "invoices"), "the refusal is still announced").toContainText("Rejected.");
        const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
        expect(said.filter((words, at) => said.indexOf(words) !== at), "nothing was said twice").toEqual([]);
    });

    test("an announcement links to nothing that its page is or has", async ({ page, context, stack }) => {
        await stack.control("settings", { transition_ms: 12_000 });
        await openList(page, stack);
        await openLive(page, stack, "/streams?q=refunds");
        const [stream, change] = [await context.newPage(), await context.newPage()];
        const address = new URL(await disable(change, stack, "orders-prod")).pathname;
        await hydrated(change, "full");
        await openLive(stream, stack, `${STREAM}/orders-prod`);
        const settled = /^orders-prod: Settled: AWS reported ACTIVE and not encrypted at /;
        for (const window of [page, stream, change]) {
            await expect(piece(window, "orders-prod")).toHaveText(settled, { timeout: 40_000 });
        }
        const link = (window: Page) => piece(window, "orders-prod").getByRole("link", { name: "See the change" });
        const undo = (window: Page) => piece(window, "orders-prod").getByRole("link", { name: "Undo", exact: true });

        // The change's page shows all of it itself: it is read out, and not seen.
        await expect(change).toHaveURL(new RegExp(`${address}(\\?live=1)?$`));
        await expect(change.locator("[aria-current=step]")).toHaveText(/^\s*Settled/);
        await expect(change.getByRole("status").first()).toContainText("orders-prod: Settled");
        expect(await isSeen(change, "orders-prod")).toBe(false);
        await expect(piece(change, "orders-prod").getByRole("link")).toHaveCount(0);
        await expect(change.getByRole("main").getByRole("link", { name: "Undo", exact: true })).toBeVisible();

        // The stream's page has the undo, and the list has neither.
        for (const window of [stream, page]) expect(await isSeen(window, "orders-prod")).toBe(true);
        await expect(link(stream)).toBeVisible();
        await expect(undo(stream)).toHaveCount(0);
        await expect(stream.getByRole("main").getByRole("link", { name: /^Undo/ }).first()).toBeVisible();
        await expect(undo(page)).toHaveAttribute("href", `${STREAM}/orders-prod/enable?undo=${address.split("/")[2]}`);
        await expect(link(page)).toHaveAttribute("href", address);
        await link(page).click();
        await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    });

    test("a page doesn't announce what was over before it", async ({ page, stack }) => {
        await refuseAll(stack);
        await openList(page, stack);
        await disable(page, stack, "invoices");
        await expect(page.getByRole("paragraph").filter({ hasText: /^Rejected/ })).toBeVisible();
        await hydrated(page, "full");
        await isLive(page);
        for (const path of ["/streams?q=orders", "/settings"]) {
            await openLive(page, stack, path);
            await page.waitForTimeout(2_000);
            await expect(page.locator("#announcer > p"), path).toHaveCount(0);
        }
    });

    for (const [width, height] of [
        [1366, 768],
        [360, 640],
    ] as const) {
        test(`nothing moves when something is announced at ${width} px`, async ({ page, stack }) => {
            await page.setViewportSize({ width, height });
            await refuseAll(stack);
            await signIn(page, stack);
            // Rows that fill in may grow.
            await expect(page.getByRole("link", { name: "0 unknown", exact: true })).toBeVisible({ timeout: 40_000 });
            // The list leaves out what changes: rows may move then.
            for (const [path, ...streams] of [
                ["/streams?q=e", "audit-trail", "notifications"],
                ["/help", "orders-prod", "refunds"],
                ["/settings", "invoices", "chargebacks"],
                [confirmation("fraud-scores", "disable"), "ledger-entries", "payout-requests"],
            ] as const) {
                for (const [at, stream] of streams.entries()) {
                    await test.step(`${path}, ${at === 0 ? "from its top" : "from its end"}`, async () => {
                        // Somebody new, of whom nothing is announced yet.
                        const client = await signInTwice(page, stack, `of-${stream}`);
                        await openLive(page, stack, path);
                        if (at === 1) await scrollToEnd(page);
                        const before = await places(page);
                        expect(before.length).toBeGreaterThan(10);
                        await client.disable("eu-west-1", stream);
                        await expect(piece(page, stream)).toContainText(": Rejected.");
                        expect.soft(await places(page), `${path} at ${at}`).toEqual(before);
                        await staysClear(page);
                    });
                }
            }
        });
    }

    test("nothing moves when less is announced than before", async ({ page, stack }) => {
        await page.setViewportSize({ width: 360, height: 640 });
        await stack.control("settings", { transition_ms: 500 });
        const client = await signInTwice(page, stack, "mira");
        await openLive(page, stack, "/help");
        await client.disable("eu-west-1", "payout-requests");
        await expect(piece(page, "payout-requests")).toContainText("Settled", { timeout: 40_000 });
        const tall = (await piece(page, "payout-requests").boundingBox())!.height;
        await scrollToEnd(page);
        const before = await places(page);
        await refuseAll(stack);
        await client.disable("eu-west-1", "refunds");
        await expect(piece(page, "refunds")).toContainText(": Rejected.");
        expect((await piece(page, "refunds").boundingBox())!.height).toBeLessThan(tall);
        expect(await places(page)).toEqual(before);
    });
});

/** AWS refuses every disable from now on. */
async function refuseAll(stack: Stack): Promise<void> {
    await stack.control("faults", {
        operation: "StopStreamEncryption",
        times: 100,
        fault: { refuse: { code: "AccessDeniedException", message: "not authorized" } },
    });
}

/** Signs somebody in here, and elsewhere without a window. */
async function signInTwice(page: Page, stack: Stack, user: string): Promise<Client> {
    await page.context().clearCookies();
    await signIn(page, stack, user);
    const client = new Client(stack.origin);
    await client.signIn(user);
    return client;
}

const scrollToEnd = (page: Page) => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));

/** Where everything of a page stands. */
function places(page: Page): Promise<string[]> {
    return page.evaluate(() => {
        const all = [...document.querySelectorAll("#bar, main :is(h1, h2, p, tr, li, input, button, summary)")];
        const shown = all.filter((element) => element.checkVisibility({ visibilityProperty: true }));
        return shown.map((element) => {
            const { top, height } = element.getBoundingClientRect();
            return `${element.tagName} ${element.id}: ${height} from ${top}`;
        });
    });
}

/** Whoever scrolls to the end sees the whole page: an announcement stands over none of it. */
async function staysClear(page: Page): Promise<void> {
    await scrollToEnd(page);
    const [end, top] = await page.evaluate(() => {
        const bottom = document.querySelector("main")!.getBoundingClientRect().bottom;
        return [bottom, document.querySelector("#announcer")!.getBoundingClientRect().top];
    });
    expect(top).toBeGreaterThanOrEqual(end - 1);
}
