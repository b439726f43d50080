// One form is one change, however often and from wherever it is sent.
import { type Page } from "@playwright/test";
import { type Stack } from "../fixtures/servers.ts";
import { type Mode, PASSWORD, expect, hydrated, signIn, test } from "../fixtures/test.ts";

const FORM = "/streams/111122223333/eu-west-1/orders-prod/disable";

/** Opens the confirmation as a page and fills it in. */
async function filled(page: Page, stack: Stack, mode: Mode) {
    // The account is known once the target was listed.
    await expect(async () => {
        await page.goto(stack.origin + FORM);
        await expect(page.getByLabel("Reason", { exact: true })).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await hydrated(page, mode);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-3");
    return page.getByRole("button", { name: "Disable encryption", exact: true });
}

const isChange = /\/changes\/[0-9a-z]{16}(\?live=1)?$/;
const withoutRefresh = (page: Page) => page.url().replace("?live=1", "");

test("double click, reload, back, and sending again are one change", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    const button = await filled(page, stack, mode);
    await button.dblclick({ noWaitAfter: true });
    await expect(page).toHaveURL(isChange);
    const change = withoutRefresh(page);
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    expect(withoutRefresh(page)).toBe(change);

    // Back: the browser shows the form as it was left, or asks anew and is told what is under way.
    await page.goBack();
    await expect(
        page.getByRole("heading", { level: 1, name: "Disable encryption of orders-prod?", exact: true }),
    ).toBeVisible();
    const again = page.getByRole("button", { name: "Disable encryption", exact: true });
    if (
        (await again.count()) > 0 &&
        (await page.getByLabel("Type the stream name to confirm", { exact: true }).inputValue()) === "orders-prod"
    ) {
        await again.click();
        await expect(page).toHaveURL(isChange);
        expect(withoutRefresh(page)).toBe(change);
    } else {
        await expect(
            page
                .getByRole("main")
                .locator(`a[href="${new URL(change).pathname}"]`)
                .first(),
        ).toBeVisible();
    }
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
});

test("a browser that sends a form again by itself gets the same answer", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    const button = await filled(page, stack, mode);
    const bodies: string[] = [];
    page.on("request", (request) => {
        if (request.method() === "POST" && request.url().endsWith("/api/disable"))
            bodies.push(request.postData() ?? "");
    });
    await button.click();
    await expect(page).toHaveURL(isChange);
    const change = new URL(withoutRefresh(page)).pathname;
    expect(bodies).toHaveLength(1);
    // As after a connection that broke before the answer came.
    const headers = {
        "content-type": "application/x-www-form-urlencoded",
        accept: "text/html",
        origin: stack.origin,
        "sec-fetch-site": "same-origin",
    };
    const resend = () =>
        page.request.post(`${stack.origin}/api/disable`, { data: bodies[0]!, headers, maxRedirects: 0 });
    const answers = await Promise.all([resend(), resend(), resend()]);
    expect(answers.map((answer) => [answer.status(), answer.headers().location])).toEqual(
        [303, 303, 303].map((status) => [status, change]),
    );
    // The same form with another reason is not the same form.
    const other = await page.request.post(`${stack.origin}/api/disable`, {
        data: bodies[0]!.replace("OPS-3", "OPS-4"),
        headers,
        maxRedirects: 0,
    });
    expect(other.status()).toBe(422);
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
});

test("of two tabs the second one joins the first one's change", async ({ page, stack, mode, context }) => {
    await stack.control("settings", { transition_ms: 8_000 });
    await signIn(page, stack);
    const second = await context.newPage();
    const [one, other] = [await filled(page, stack, mode), await filled(second, stack, mode)];
    await one.click();
    await expect(page).toHaveURL(isChange);
    await other.click();
    await expect(second).toHaveURL(isChange);
    expect(withoutRefresh(second)).toBe(withoutRefresh(page));
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
});

test("a form that another operator made stale shows old and new, and sends nothing", async ({
    page,
    stack,
    mode,
    newPage,
}) => {
    await stack.control("settings", { transition_ms: 300 });
    await signIn(page, stack);
    stack.addUser("otto", "operator", PASSWORD);
    const other = await newPage();
    await other.goto(`${stack.origin}/sign-in`);
    await other.getByLabel("User name", { exact: true }).fill("otto");
    await other.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await other.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(other.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
    const stale = await filled(page, stack, mode);
    await (await filled(other, stack, mode)).click();
    await expect(other.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 40_000 });
    // Encrypted again, with another key than the one that the first operator saw.
    await stack.control("streams", {
        account: "111122223333",
        region: "eu-west-1",
        name: "orders-prod",
        key: "alias/others",
    });
    await stale.click();
    await expect(page).toHaveURL(isChange);
    const summary = page.getByRole("paragraph").filter({ hasText: /^Rejected/ });
    await expect(summary).toContainText("alias/orders");
    await expect(summary).toContainText("alias/others");
    await expect(summary).toContainText("This request changed nothing.");
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
});
