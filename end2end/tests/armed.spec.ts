// A stream that is UPDATING for another reason: a confirmed change waits for it, can be cancelled, and is sent when
// ACTIVE.
import type { Page } from "@playwright/test";
import type { Stack } from "../fixtures/servers.ts";
import { type Mode, accessible, expect, hydrated, signIn, test } from "../fixtures/test.ts";

/** Lets the stream be UPDATING, as resharding does, and confirms a disable that waits for it. */
async function arm(page: Page, stack: Stack, mode: Mode, reshardMs: number): Promise<void> {
    await stack.control("streams", {
        account: "111122223333",
        region: "eu-west-1",
        name: "orders-prod",
        reshard_ms: reshardMs,
    });
    await expect(async () => {
        await page.goto(`${stack.origin}/streams/111122223333/eu-west-1/orders-prod/disable`);
        await page.getByLabel("Wait at most", { exact: true }).selectOption("30 min", { timeout: 1_000 });
    }).toPass();
    await hydrated(page, mode);
    await expect(page.getByText("The stream is UPDATING (not started by Keystream).")).toBeVisible();
    await accessible(page, mode);
    await page.getByLabel("Type the stream name to confirm", { exact: true }).fill("orders-prod");
    await page.getByLabel("Reason", { exact: true }).fill("OPS-11");
    await page.getByRole("button", { name: "Send when ACTIVE", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Change of orders-prod", exact: true })).toBeVisible();
}

test("a change waits for its stream, is cancelled, and the next one is sent", async ({ page, stack, mode }) => {
    await signIn(page, stack);
    await arm(page, stack, mode, 3_600_000);
    const steps = page.getByRole("list", { name: "Progress" }).getByRole("listitem");
    await expect(steps.first()).toContainText(
        "Nothing has been sent to AWS. The stream is UPDATING (not started by Keystream). " +
            "This change will be sent once it's ACTIVE, until ",
    );
    await expect(steps.nth(1)).toContainText("not yet");
    await hydrated(page, mode);
    await accessible(page, mode);
    await page.getByRole("button", { name: "Cancel this change", exact: true }).click();
    await expect(page.getByRole("paragraph").filter({ hasText: /^Expired/ })).toContainText("Cancelled by mira at ");
    await expect(steps.nth(1)).toContainText("not observed");
    await expect(page.getByRole("button", { name: "Cancel this change", exact: true })).toHaveCount(0);
    expect(await stack.calls("StopStreamEncryption")).toBe(0);

    await arm(page, stack, mode, 4_000);
    await hydrated(page, mode);
    await expect(page.locator("[aria-current=step]")).toHaveText(/^\s*Settled/, { timeout: 60_000 });
    expect(await stack.calls("StopStreamEncryption")).toBe(1);
});
