// The audit chain: who did what comes first, and the long names that browsers give themselves are folded.
import type { Page } from "@playwright/test";
import { PASSWORD, accessible, expect, hydrated, signIn, signInAgain, test } from "../fixtures/test.ts";

const table = (page: Page) => page.getByRole("table", { name: "Audit", exact: true });
const event = (page: Page, words: string) =>
    table(page)
        .getByRole("row")
        .filter({ has: page.getByText(words, { exact: true }) });
const MUTED = "rgb(84, 93, 105)";
const TEXT = "rgb(20, 24, 29)";

/** Where a part of a row stands. */
async function box(page: Page, words: string, label: string) {
    return (await event(page, words).first().locator(`[data-label="${label}"]`).boundingBox())!;
}

test("people and events come first, and browsers are folded", async ({ page, stack, mode }) => {
    await page.setViewportSize({ width: 1366, height: 768 });
    await signIn(page, stack, "ada", "admin");
    const agent = await page.evaluate(() => navigator.userAgent);
    expect(agent.length).toBeGreaterThan(80);
    await page.goto(`${stack.origin}/audit`);
    await hydrated(page, mode);
    await expect(table(page).getByRole("columnheader")).toHaveText([
        "Time",
        "User",
        "Event",
        "Target",
        "Reason",
        "Result",
        "From",
    ]);
    const signedIn = event(page, "Signed in").first();
    const ofUser = signedIn.getByRole("cell", { name: "ada", exact: true }).first();
    const ofEvent = signedIn.getByText("Signed in", { exact: true });
    for (const [what, part] of Object.entries({ ofUser, ofEvent })) {
        await expect(part, what).toHaveCSS("font-weight", "550");
        await expect(part, what).toHaveCSS("color", TEXT);
    }
    // The server's own notes step back.
    const byServer = event(page, "Server started").locator('[data-label="User"]');
    await expect(byServer).toHaveCSS("color", MUTED);
    await expect(byServer).toHaveCSS("font-weight", "400");
    await expect(event(page, "Server started").locator("details")).toHaveCount(0);

    const folded = signedIn.getByText(agent, { exact: true });
    await expect(folded).toHaveCount(1);
    await expect(folded).toBeHidden();
    await expect(table(page)).not.toContainText("Mozilla", { useInnerText: true });
    await expect(signedIn.locator('[data-label="From"]')).toContainText("127.0.0.1", { useInnerText: true });
    const height = (await signedIn.boundingBox())!.height;
    expect(height, "a row is no higher for its browser").toBeLessThanOrEqual(80);
    await accessible(page, mode);
    await signedIn.getByText("Browser", { exact: true }).click();
    await expect(folded).toBeVisible();
    await signedIn.getByText("Browser", { exact: true }).click();
    await expect(folded).toBeHidden();

    await page.setViewportSize({ width: 360, height: 640 });
    const from = (await box(page, "Signed in", "From")).y;
    for (const first of ["User", "Event"]) expect((await box(page, "Signed in", first)).y).toBeLessThan(from);
    await expect(folded).toBeHidden();
});

test("nobody is told from where others act", async ({ page, stack, mode, newPage }) => {
    stack.addUser("jon", "operator", PASSWORD);
    await signIn(page, stack, "mira", "operator");
    await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-40");
    await page.getByRole("button", { name: "Disable encryption", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    const jon = await newPage();
    await signInAgain(jon, stack.origin, "jon");
    for (const [reader, isSeen] of [
        [page, true],
        [jon, false],
    ] as const) {
        await reader.goto(`${stack.origin}/audit?q=OPS-40`);
        await hydrated(reader, mode);
        const requested = event(reader, "Change requested");
        await expect(requested.locator('[data-label="User"]')).toHaveText("mira");
        await expect(requested.getByText("Browser", { exact: true })).toHaveCount(isSeen ? 1 : 0);
        await expect(requested.locator('[data-label="From"]')).toHaveText(isSeen ? /^127\.0\.0\.1 *Browser/ : "");
    }
});
