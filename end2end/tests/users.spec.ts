// What administrators see of other people's accounts and do with them, in every mode.
import { Client } from "../fixtures/client.ts";
import { PASSWORD, accessible, expect, signIn, signInAgain, test } from "../fixtures/test.ts";

/** Fails to sign in as somebody until the next attempt has to wait for 16 seconds. */
async function lockOut(origin: string, user: string): Promise<void> {
    const stranger = new Client(origin);
    const attempt = async () => {
        const answer = await stranger.post("/api/sign-in", { user_name: user, password: "not the password of jon" });
        return answer.headers.get("location") ?? "";
    };
    // From the fifth on, each failure is counted only once the wait after the one before it is over.
    for (let failures = 0; failures < 9; failures += 1) {
        await expect.poll(attempt, { timeout: 20_000 }).toContain("problem=sign-in-failed");
    }
}

test("an administrator sees that sign-in is locked, and unlocks it", async ({ page, stack, mode, newPage }) => {
    stack.addUser("jon", "viewer", PASSWORD);
    await signIn(page, stack, "ada", "admin");
    await page.goto(`${stack.origin}/settings/users`);
    await page.getByRole("link", { name: "jon", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "jon", exact: true })).toBeVisible();
    const unlock = page.getByRole("button", { name: "Unlock", exact: true });
    await expect(unlock).toHaveCount(0);

    await lockOut(stack.origin, "jon");
    await page.reload();
    await expect(page.getByText(/^Sign-in is locked until \d\d:\d\d:\d\d UTC after failed attempts\.$/)).toBeVisible();
    await accessible(page, mode);
    await unlock.click();
    await expect(page.getByRole("status")).toHaveText("Sign-in unlocked. The delay after failed attempts is cleared.");
    await expect(unlock).toHaveCount(0);
    const jon = await newPage();
    await signInAgain(jon, stack.origin, "jon");
    const audit = stack.keystream("audit", "export");
    expect(audit.split("\n").filter((line) => line.includes('"user.unlocked"'))).toHaveLength(1);
});
