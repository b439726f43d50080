// Pages fit the narrowest phone, and nothing jumps while rows fill in.
import type { Page } from "@playwright/test";
import { threeChanges } from "../fixtures/changes.ts";
import { accessible, cell, expect, hydrated, row, signIn, signInAs, test } from "../fixtures/test.ts";

const STREAM = "/streams/111122223333/eu-west-1/orders-prod";

// The pages are the same in the other modes; rows fill in, and dialogs open, only with wasm.
test.skip(({ mode }) => mode !== "full", "with wasm only");

test("no page scrolls sideways at 320 px", async ({ page, demo, mode }) => {
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(`${demo}/sign-in`);
    const fits = async () =>
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await fits();
    await signInAs(page, demo, "operator");
    for (const path of [
        "/streams",
        STREAM,
        `${STREAM}/disable`,
        "/changes",
        "/audit",
        "/settings",
        "/confirm-identity",
        "/help",
        "/nowhere",
    ]) {
        await page.goto(`${demo}${path}`);
        await fits();
    }
    await page.goto(`${demo}/streams`);
    await hydrated(page, mode);
    await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
    await expect(page.getByRole("dialog").getByLabel("Reason", { exact: true })).toBeVisible();
    await fits();
    await accessible(page, mode);
});

test("the dark scheme has enough contrast, and rows fill in without a jump", async ({ page, demo, mode }) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.addInitScript(() => {
        const shifts = window as unknown as { shifted: number };
        shifts.shifted = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) shifts.shifted += (entry as unknown as { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
    });
    // At once after the start most rows are unknown.
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    await accessible(page, mode);
    await expect(page.getByRole("link", { name: "0 unknown", exact: true })).toBeVisible({ timeout: 20_000 });
    expect(await page.evaluate(() => (window as unknown as { shifted: number }).shifted)).toBeLessThanOrEqual(0.05);
    for (const path of [`${STREAM}/disable`, "/audit", "/settings", "/confirm-identity"]) {
        await page.goto(`${demo}${path}`);
        await accessible(page, mode);
    }
});

test("a link keeps its focus when its row moves and the list is drawn anew", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    await page.goto(`${stack.origin}/streams?q=orders-prod`);
    await hydrated(page, mode);
    await expect(cell(page, "orders-prod", 1)).toContainText("alias/orders");
    const link = page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true });
    await link.focus();
    const place = { account: "111122223333", region: "eu-west-1" };
    await stack.control("streams", { ...place, name: "orders-prod", key: "alias/ledger" });
    await stack.control("streams", { ...place, name: "orders-prod-anew", key: "alias/orders" });
    await expect(cell(page, "orders-prod", 1)).toContainText("alias/ledger", { timeout: 60_000 });
    await expect(row(page, "orders-prod-anew")).toBeVisible({ timeout: 60_000 });
    await expect(link).toBeFocused();
});

test("the keyboard alone opens, leaves and confirms", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    const link = page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true });
    await link.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true });
    const name = dialog.getByLabel("Type the stream name to confirm", { exact: true });
    await expect(name).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(link).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(name).toBeFocused();
    await page.keyboard.type("orders-prod");
    await page.keyboard.press("Tab");
    await page.keyboard.type("OPS-11");
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("status")).toContainText("orders-prod:");
});

test("a password is shown only while its toggle is pressed, and nothing moves", async ({ page, demo }) => {
    await page.goto(`${demo}/sign-in`);
    const toggle = page.getByRole("button", { name: "Show characters", exact: true });
    const password = page.getByLabel("Password", { exact: true });
    await expect(toggle).toHaveAttribute("aria-pressed", "false");
    await password.fill("correct horse battery staple");
    await expect(password).toHaveAttribute("type", "password");
    const before = await password.boundingBox();
    await toggle.click();
    await expect(password).toHaveAttribute("type", "text");
    await expect(password).toHaveValue("correct horse battery staple");
    await expect(toggle).toHaveAttribute("aria-pressed", "true");
    expect(await password.boundingBox()).toEqual(before);
    await toggle.click();
    await expect(password).toHaveAttribute("type", "password");
    await accessible(page, "full");
});

const WIDTHS = [360, 768, 1024, 1366, 1600];

/** The texts of a row's cells that somebody who looks at it can't read: cut, or under something else. */
function unreadable(page: Page, name: string): Promise<string[]> {
    return row(page, name).evaluate((tr) => {
        tr.scrollIntoView({ block: "center" });
        const found: string[] = [];
        for (const cell of tr.children) {
            const label = `${cell.getAttribute("data-label")}: ${cell.textContent}`;
            const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const text = texts.currentNode as Text;
                const parent = text.parentElement!;
                if (!text.data.trim() || parent.closest(".visually-hidden")) continue;
                const range = document.createRange();
                range.selectNodeContents(text);
                for (const box of range.getClientRects()) {
                    for (const x of [box.left + 2, box.right - 3].map(Math.floor)) {
                        const seen = document.elementFromPoint(x, box.top + box.height / 2);
                        if (seen !== parent && !parent.contains(seen)) found.push(`${label}: \u201c${text.data}\u201d`);
                    }
                }
                for (let element: Element = parent; element !== tr; element = element.parentElement!) {
                    if (
                        element.scrollWidth > element.clientWidth + 1 &&
                        getComputedStyle(element).overflowX !== "visible"
                    )
                        found.push(label);
                }
            }
        }
        return found;
    });
}

test("nothing of a row is cut, whatever it says, at any width", async ({ page, stack, mode }) => {
    test.setTimeout(180_000);
    await threeChanges(page, stack);
    const refuse = {
        refuse: {
            code: "AccessDeniedException",
            message: "User is not authorized to perform kinesis:DescribeStreamSummary",
        },
    };
    await stack.control("faults", {
        operation: "DescribeStreamSummary",
        stream: "fraud-scores",
        times: 1_000,
        fault: refuse,
    });
    await page.goto(`${stack.origin}/streams`);
    await hydrated(page, mode);
    await expect(cell(page, "orders-prod", 2)).toContainText("Outcome unknown");
    await expect(cell(page, "fraud-scores", 0)).toContainText("last known", { timeout: 60_000 });
    for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        for (const name of ["orders-prod", "refunds", "fraud-scores", "card-authorizations", "web-clicks"]) {
            expect(await unreadable(page, name), `${name} at ${width} px`).toEqual([]);
        }
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
});

test("streams with one name show account and Region at every width", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "viewer");
    await page.goto(`${demo}/streams?q=app-telemetry`);
    await hydrated(page, mode);
    for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        for (const text of ["eu-west-1", "eu-central-1", "444455556666"]) {
            const found = page.getByRole("table", { name: "Streams" }).getByText(text, { exact: false }).first();
            await expect(found).toBeInViewport({ ratio: 1 });
        }
        expect(await unreadable(page, "app-telemetry"), `${width} px`).toEqual([]);
    }
    const links = page.getByRole("link", { name: "app-telemetry", exact: true });
    const described = await links.evaluateAll((all) =>
        all.map((link) =>
            link
                .getAttribute("aria-describedby")!
                .split(" ")
                .map((id) => document.getElementById(id)!.textContent.trim())
                .join(" "),
        ),
    );
    expect(described.length).toBeGreaterThan(1);
    expect(new Set(described).size, "account and Region tell them apart").toBe(described.length);
});

test("the head of the list stays in view, and highlights cover whole rows", async ({ page, demo, mode }) => {
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    const head = page.getByRole("columnheader", { name: "Encryption", exact: true });
    for (const [width, query] of [
        [768, ""],
        [1366, ""],
        [1600, "?cols=mode"],
    ] as const) {
        await page.setViewportSize({ width, height: 600 });
        await page.goto(`${demo}/streams${query}`);
        await page.getByRole("table", { name: "Streams" }).getByRole("row").last().scrollIntoViewIfNeeded();
        await expect(head, `${width} px`).toBeInViewport({ ratio: 1 });
    }
    const last = page.getByRole("table", { name: "Streams" }).getByRole("row").last();
    await last.hover();
    await expect(last).toHaveCSS("background-color", "rgb(246, 247, 249)");
    const backgrounds = () =>
        last.evaluate((tr) => [...tr.children].map((cell) => getComputedStyle(cell).backgroundColor));
    // Polled: a row that has just moved shows it for a moment.
    await expect
        .poll(async () => new Set([...(await backgrounds()), "rgba(0, 0, 0, 0)", "rgb(246, 247, 249)"]).size)
        .toBe(2);
});

test("on a phone the first stream starts near the top, its name and lock first", async ({ page, demo, mode }) => {
    await page.setViewportSize({ width: 360, height: 640 });
    await signInAs(page, demo, "viewer");
    await page.goto(`${demo}/streams`);
    await hydrated(page, mode);
    const first = page.getByRole("table", { name: "Streams" }).getByRole("row").nth(1);
    expect((await first.boundingBox())!.y).toBeLessThanOrEqual(300);
    const top = async (place: number) => (await first.locator("> *").nth(place).boundingBox())!.y;
    expect(Math.abs((await top(0)) - (await top(1)))).toBeLessThanOrEqual(8);
    expect(await top(3)).toBeGreaterThan(await top(1));
    expect(await top(4)).toBeGreaterThan(await top(3));
    expect(Math.abs((await top(5)) - (await top(4)))).toBeLessThanOrEqual(4);
});

test("a stream with a change under way offers only to follow it", async ({ page, stack, mode }) => {
    await threeChanges(page, stack);
    const links = (scope: ReturnType<Page["locator"]>) => scope.getByRole("link", { name: /encryption of|change of/ });
    await page.goto(`${stack.origin}/streams`);
    await hydrated(page, mode);
    for (const name of ["orders-prod", "refunds"]) {
        await expect(links(row(page, name))).toHaveCount(1);
        await expect(
            row(page, name).getByRole("link", { name: `Follow change of ${name}`, exact: true }),
        ).toBeVisible();
    }
    await expect(
        row(page, "invoices").getByRole("link", { name: "Disable encryption of invoices", exact: true }),
    ).toBeVisible();
    await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod`);
    await hydrated(page, mode);
    await expect(links(page.getByRole("main"))).toHaveCount(1);
    await page.getByRole("link", { name: "Follow change of orders-prod", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
});

test("a change has one color, wherever it is shown", async ({ page, stack, mode }) => {
    const changes = await threeChanges(page, stack);
    const [amber, blue, red] = ["rgb(138, 75, 0)", "rgb(26, 95, 180)", "rgb(179, 38, 30)"];
    const expected = {
        "orders-prod": ["Outcome unknown", amber],
        refunds: ["Updating", blue],
        invoices: ["Rejected", red],
    } as const;
    await page.goto(`${stack.origin}/streams`);
    await hydrated(page, mode);
    for (const name of ["orders-prod", "refunds"] as const) {
        const [word, color] = expected[name];
        await expect(cell(page, name, 2).getByText(word, { exact: true })).toHaveCSS("color", color);
    }
    await page.goto(`${stack.origin}/changes`);
    for (const [name, [word, color]] of Object.entries(expected)) {
        const change = page
            .getByRole("row")
            .filter({ has: page.getByRole("rowheader", { name: `Change of ${name}`, exact: true }) });
        await expect(change.getByText(word, { exact: true })).toHaveCSS("color", color);
    }
    for (const [name, [word, color]] of Object.entries(expected)) {
        await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/${name}`);
        await expect(page.getByRole("region", { name: "Changes" }).getByText(word, { exact: true })).toHaveCSS(
            "color",
            color,
        );
        await page.goto(changes[name as keyof typeof changes]);
        const lit = page.getByRole("list", { name: "Progress" }).getByRole("listitem").first();
        expect(await lit.evaluate((item) => getComputedStyle(item, "::before").borderTopColor)).toBe(color);
        if (word === "Updating") continue;
        const summary = page.getByRole("paragraph").filter({ hasText: new RegExp(`^${word}`) });
        await expect(summary.getByText(`${word}.`, { exact: true })).toHaveCSS("color", color);
    }
});
