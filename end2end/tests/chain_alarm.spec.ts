// What people see when the audit chain doesn't match its checkpoints, until an administrator acknowledges it.
import type { Page } from "@playwright/test";
import { putBackDatabase } from "../fixtures/backups.ts";
import { PASSWORD, accessible, expect, row, signIn, signInAgain, test } from "../fixtures/test.ts";

const alarm = (page: Page) => page.getByRole("complementary", { name: "Audit chain", exact: true });
const disable = (page: Page) => page.getByRole("link", { name: "Disable encryption of orders-prod", exact: true });

test("a database that was put back is an alarm on every page until it is acknowledged", async ({
    page,
    stack,
    mode,
    newPage,
}) => {
    await signIn(page, stack);
    await expect(disable(page)).toBeVisible();
    stack.addUser("ada", "admin", PASSWORD);
    await putBackDatabase(stack);

    await page.goto(`${stack.origin}/streams`);
    await expect(row(page, "orders-prod")).toBeVisible();
    await expect(alarm(page)).toContainText("Read-only since");
    await expect(alarm(page)).toContainText("Tell a Keystream administrator.");
    await expect(page.getByRole("link", { name: /^(Disable|Enable) encryption of/ })).toHaveCount(0);
    await accessible(page, mode);
    await page.goto(`${stack.origin}/nowhere`);
    await expect(alarm(page)).toBeVisible();

    const ada = await newPage();
    await signInAgain(ada, stack.origin, "ada");
    await alarm(ada).getByRole("link", { name: "See what to do", exact: true }).click();
    await expect(ada.getByRole("heading", { level: 2, name: "Audit chain", exact: true })).toBeInViewport();
    await accessible(ada, mode);
    const reason = ada.getByLabel("Reason", { exact: true });
    const acknowledge = ada.getByRole("button", { name: "Acknowledge", exact: true });
    await acknowledge.click();
    await expect(ada).toHaveTitle(/^Error: /);
    await expect(reason).toHaveAttribute("aria-invalid", "true");
    await accessible(ada, mode);
    await reason.fill("OPS-31: last night's backup was put back");
    await acknowledge.click();
    await expect(alarm(ada)).toHaveCount(0);

    await page.goto(`${stack.origin}/streams`);
    await expect(alarm(page)).toHaveCount(0);
    await expect(disable(page)).toBeVisible();
});
