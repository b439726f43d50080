// What other media make of a page: paper, and colors that a user has forced. And what is copied from it.
import type { Page } from "@playwright/test";
import { cell, expect, hydrated, row, signInAs, test } from "../fixtures/test.ts";

const ACCOUNT = 3;
const REGION = 4;
const PAGE = "/streams/111122223333/eu-west-1/orders-prod";

const states = (page: Page) => page.getByRole("list", { name: "Filters by state" });

test("print has account and Region, and no controls", async ({ page, demo }) => {
    await signInAs(page, demo, "operator");
    await page.emulateMedia({ media: "print" });
    await expect(row(page, "orders-prod").getByRole("rowheader")).toBeVisible();
    await expect(cell(page, "orders-prod", ACCOUNT)).toHaveText("111122223333");
    await expect(cell(page, "orders-prod", ACCOUNT)).toBeVisible();
    await expect(cell(page, "orders-prod", REGION)).toBeVisible();
    const controls = page.locator("button, input, select, textarea, summary, .action, nav");
    for (const path of ["/streams", PAGE, "/changes", "/settings"]) {
        await page.goto(`${demo}${path}`);
        await page.emulateMedia({ media: "print" });
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        const shown = await controls.evaluateAll((found) =>
            found.filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 80)),
        );
        expect(shown, path).toEqual([]);
    }
    await page.goto(`${demo}${PAGE}`);
    await expect(page.getByText(/111122223333/).first()).toBeVisible();
    await expect(page.getByText("eu-west-1", { exact: true }).first()).toBeVisible();
});

test("the chosen filter is seen in forced colors", async ({ page, demo }) => {
    await signInAs(page, demo, "viewer");
    await page.goto(`${demo}/streams?encryption=encrypted`);
    await page.emulateMedia({ forcedColors: "active" });
    const colors = (name: RegExp) =>
        states(page)
            .getByRole("link", { name })
            .evaluate((link) => [getComputedStyle(link).backgroundColor, getComputedStyle(link).color]);
    const [chosen, other] = [await colors(/\d encrypted$/), await colors(/not encrypted$/)];
    expect(chosen[0]).not.toBe(other[0]);
    expect(chosen[1]).not.toBe(chosen[0]);
});

test("the ARN is copied, and the button says so", async ({ page, demo, mode, context }) => {
    await signInAs(page, demo, "viewer");
    await page.goto(`${demo}${PAGE}`);
    const button = page.getByRole("button", { name: "Copy ARN", exact: true });
    if (mode !== "full") return expect(button).toHaveCount(0);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: demo });
    await hydrated(page, mode);
    await button.click();
    await expect(page.getByRole("button", { name: "Copied", exact: true })).toBeVisible();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe("arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod");
    await expect(button).toBeVisible();
    await page.evaluate(() => {
        navigator.clipboard.writeText = () => Promise.reject(new Error("refused"));
    });
    await button.click();
    await expect(page.getByRole("button", { name: "Not copied", exact: true })).toBeVisible();
});
