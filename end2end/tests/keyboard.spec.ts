// The keyboard alone: single keys on lists, and the whole job with Tab, Enter and typing.
import type { Locator, Page } from "@playwright/test";
import { type Mode, PASSWORD, accessible, expect, hydrated, row, signInAs, test } from "../fixtures/test.ts";

const rowLinks = (page: Page) => page.getByRole("table", { name: "Streams" }).locator("th[scope=row] a");
const search = (page: Page) => page.getByRole("searchbox", { name: "Filter streams" });
const help = (page: Page) => page.getByRole("dialog", { name: "Keyboard shortcuts", exact: true });

/** Presses Tab until an element has the focus, as somebody who can't use a mouse does. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
    await expect(wanted).toHaveCount(1);
    for (let press = 0; press < 400; press++) {
        if (await wanted.evaluate((element) => element === document.activeElement)) return;
        await page.keyboard.press("Tab");
    }
    throw new Error(`Tab doesn't reach ${String(wanted)}`);
}

test.describe("single keys", () => {
    test.skip(({ mode }) => mode !== "full", "with wasm only");

    test("move through the rows, open one, and focus the search", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        await page.keyboard.press("j");
        await expect(rowLinks(page).nth(0)).toBeFocused();
        await page.keyboard.press("j");
        await page.keyboard.press("j");
        await expect(rowLinks(page).nth(2)).toBeFocused();
        await expect(rowLinks(page).nth(2)).toBeInViewport({ ratio: 1 });
        await page.keyboard.press("k");
        await expect(rowLinks(page).nth(1)).toBeFocused();
        for (let press = 0; press < 5; press++) await page.keyboard.press("k");
        await expect(rowLinks(page).nth(0)).toBeFocused();
        // From another control of a row, the next row is the one after it.
        await row(page, await rowLinks(page).nth(3).innerText())
            .getByRole("link")
            .last()
            .focus();
        await page.keyboard.press("j");
        await expect(rowLinks(page).nth(4)).toBeFocused();

        await page.keyboard.press("/");
        await expect(search(page)).toBeFocused();
        await expect(search(page)).toHaveValue("");
        await page.keyboard.type("orders-prod");
        await page.keyboard.press("Enter");
        await expect(rowLinks(page)).toHaveText(["orders-prod"]);
        await search(page).blur();
        await page.keyboard.press("j");
        await page.keyboard.press("Enter");
        await expect(page.getByRole("heading", { level: 1, name: "orders-prod", exact: true })).toBeVisible();
    });

    test("the last row is the last, and rows are seen beneath the sticky head", async ({ page, demo, mode }) => {
        await page.setViewportSize({ width: 1366, height: 500 });
        await signInAs(page, demo, "viewer");
        await hydrated(page, mode);
        const count = await rowLinks(page).count();
        for (let press = 0; press < count + 3; press++) await page.keyboard.press("j");
        await expect(rowLinks(page).nth(count - 1)).toBeFocused();
        for (let press = 0; press < count - 1; press++) {
            await page.keyboard.press("k");
            const isSeen = await page.evaluate(() => {
                const box = document.activeElement!.getBoundingClientRect();
                const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
                const focused = document.activeElement!;
                return seen !== null && (focused.contains(seen) || seen.contains(focused));
            });
            expect(isSeen, `row ${count - 1 - press}`).toBe(true);
        }
        await expect(rowLinks(page).nth(0)).toBeFocused();
    });

    test("are listed by ?, and rest while that is open", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "viewer");
        await hydrated(page, mode);
        await page.keyboard.press("?");
        await expect(help(page)).toBeVisible();
        for (const key of ["/", "j", "k", "Enter", "?"]) {
            await expect(help(page).getByText(key, { exact: true })).toBeVisible();
        }
        await accessible(page, mode);
        await page.keyboard.press("j");
        await page.keyboard.press("/");
        await expect(help(page)).toBeVisible();
        await expect(search(page)).not.toBeFocused();
        await page.keyboard.press("Escape");
        await expect(help(page)).toBeHidden();
        await page.keyboard.press("?");
        await help(page).getByRole("button", { name: "Close", exact: true }).press("Enter");
        await expect(help(page)).toBeHidden();
    });

    test("are only letters in fields", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        await search(page).focus();
        await page.keyboard.type("j/k?");
        await expect(search(page)).toHaveValue("j/k?");
        await expect(search(page)).toBeFocused();
        await expect(help(page)).toBeHidden();
        await page.goto(`${demo}/streams/111122223333/eu-west-1/orders-prod/disable`);
        await hydrated(page, mode);
        const reason = page.getByLabel("Reason", { exact: true });
        await reason.focus();
        await page.keyboard.type("j/k?");
        await expect(reason).toHaveValue("j/k?");
        await expect(help(page)).toBeHidden();
    });

    test("do nothing in dialogs, with a modifier, or in a menu's choices", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "operator");
        await hydrated(page, mode);
        for (const chord of ["Control+j", "Alt+k", "Meta+/"]) await page.keyboard.press(chord);
        await expect(page.locator("body")).toBeFocused();
        await page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }).click();
        const dialog = page.getByRole("dialog", { name: "Disable encryption of orders-prod?", exact: true });
        const cancel = dialog.getByRole("button", { name: "Cancel", exact: true });
        await expect(dialog.getByLabel("Type the stream name to confirm", { exact: true })).toBeFocused();
        await cancel.focus();
        for (const key of ["j", "k", "/", "?"]) await page.keyboard.press(key);
        await expect(cancel).toBeFocused();
        await expect(help(page)).toBeHidden();
        await page.keyboard.press("Escape");
        await expect(dialog).toBeHidden();
        await page.locator("summary").filter({ hasText: "Columns" }).click();
        const tick = page.getByRole("group", { name: "Columns" }).getByLabel("Mode", { exact: true });
        await tick.focus();
        await page.keyboard.press("j");
        await expect(tick).toBeFocused();
    });

    test("do nothing once they are turned off in the settings", async ({ page, demo, mode }) => {
        await signInAs(page, demo, "viewer");
        const save = async (isOn: boolean) => {
            await page.goto(`${demo}/settings`);
            const choice = page.getByLabel("Use keyboard shortcuts", { exact: true });
            await expect(choice).toBeChecked({ checked: !isOn });
            await choice.setChecked(isOn);
            const form = page.locator("form").filter({ has: choice });
            await form.getByRole("button", { name: "Save", exact: true }).click();
            await expect(choice).toBeChecked({ checked: isOn });
            await page.goto(`${demo}/streams`);
            await hydrated(page, mode);
        };
        await save(false);
        for (const key of ["j", "/", "?"]) await page.keyboard.press(key);
        await expect(page.locator("body")).toBeFocused();
        await expect(help(page)).toBeHidden();
        await save(true);
        await page.keyboard.press("j");
        await expect(rowLinks(page).nth(0)).toBeFocused();
    });
});

/** From the list to the form of a disable: in a dialog, or on its page. */
async function openForm(page: Page, mode: Mode): Promise<Locator> {
    await tabTo(page, page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true }));
    await page.keyboard.press("Enter");
    const title = "Disable encryption of orders-prod?";
    const form = mode === "full" ? page.getByRole("dialog", { name: title, exact: true }) : page.getByRole("main");
    await expect(form.getByRole("heading", { level: 1, name: title, exact: true })).toBeVisible();
    await hydrated(page, mode);
    return form;
}

test("the keyboard alone signs in, disables, and follows it until it has settled", async ({ page, stack, mode }) => {
    await stack.control("settings", { transition_ms: 1_500 });
    stack.addUser("mira", "operator", PASSWORD);
    await page.goto(stack.origin);
    await tabTo(page, page.getByLabel("User name", { exact: true }));
    await page.keyboard.type("mira");
    await tabTo(page, page.getByLabel("Password", { exact: true }));
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "Streams", exact: true })).toBeVisible();
    // The first stop of Tab skips the bar.
    await hydrated(page, mode);
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: "Skip to content", exact: true })).toBeFocused();
    await page.keyboard.press("Enter");
    await tabTo(page, search(page));
    await page.keyboard.type("orders-prod");
    await page.keyboard.press("Enter");
    await expect(rowLinks(page)).toHaveText(["orders-prod"]);
    await hydrated(page, mode);

    const form = await openForm(page, mode);
    const typed = form.getByLabel("Type the stream name to confirm", { exact: true });
    if (mode === "full") await expect(typed).toBeFocused();
    else await tabTo(page, typed);
    await page.keyboard.type("orders-prod");
    await page.keyboard.press("Tab");
    await expect(form.getByLabel("Reason", { exact: true })).toBeFocused();
    await page.keyboard.type("OPS-25");
    await tabTo(page, form.getByRole("button", { name: "Disable encryption", exact: true }));
    await page.keyboard.press("Enter");
    if (mode === "full") {
        await expect(form).toBeHidden();
        await tabTo(page, page.getByRole("status").getByRole("link").first());
        await page.keyboard.press("Enter");
    }
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 60_000 });
    await tabTo(page, page.getByRole("link", { name: "Undo", exact: true }));
});

test("Tab stays in the dialog, and leaving it gives the focus back", async ({ page, demo, mode }) => {
    test.skip(mode !== "full", "there is no dialog");
    await signInAs(page, demo, "operator");
    await hydrated(page, mode);
    const form = await openForm(page, mode);
    await expect(form.getByLabel("Type the stream name to confirm", { exact: true })).toBeFocused();
    for (let press = 0; press < 25; press++) {
        await page.keyboard.press("Tab");
        const isOutside = await page.evaluate(() => {
            const focused = document.activeElement;
            return focused !== document.body && focused?.closest("dialog[open]") === null;
        });
        expect(isOutside).toBe(false);
    }
    await page.keyboard.press("Escape");
    await expect(form).toBeHidden();
    await expect(page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true })).toBeFocused();
});
