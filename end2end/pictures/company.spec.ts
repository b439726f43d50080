// With `LOOK=1`, takes the pages of company sign-in at four widths in both schemes, to look at.
import { answerProvider, endsAtSignIn, providerLink, setBack, signInWithProvider, test } from "../fixtures/company.ts";
import { shooting } from "../fixtures/pictures.ts";
import { PASSWORD, expect } from "../fixtures/test.ts";

test.use({ portalSettings: { KEYSTREAM_LOCAL_SIGN_IN: "break-glass" } });

test("what people of the company see, at four widths in both schemes", async ({ page, stack, company, newPage }) => {
    test.skip(!process.env.LOOK, "only to look at: LOOK=1");
    test.setTimeout(180_000);
    const shoot = shooting(page);
    company.setRoles("eve", "everyone");
    await page.goto(`${stack.origin}/changes`);
    await shoot("company-sign-in");
    await providerLink(page).click();
    await answerProvider(page, "eve");
    await endsAtSignIn(page, stack, /none of your company's groups/);
    await shoot("company-no-group");
    await company.forget("eve");
    await signInWithProvider(page, stack);
    await page.goto(`${stack.origin}/confirm-identity?next=/changes`);
    await shoot("company-identity");
    stack.addUser("ada", "admin", PASSWORD, "--break-glass");
    const ada = await newPage();
    await ada.goto(`${stack.origin}/sign-in`);
    await ada.getByText("Emergency account", { exact: true }).click();
    await ada.getByLabel("User name", { exact: true }).fill("ada");
    await ada.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await ada.getByRole("button", { name: "Sign in", exact: true }).click();
    await ada.goto(`${stack.origin}/settings/users`);
    company.setRoles("mira", "everyone");
    setBack(stack, "rights_until");
    await page.goto(`${stack.origin}/changes`);
    await endsAtSignIn(page, stack, /none of your company's groups/);
    await ada.reload();
    await shooting(ada)("company-users");
    await ada.getByRole("link", { name: "mira", exact: true }).click();
    await expect(ada.getByRole("heading", { level: 1, name: "mira", exact: true })).toBeVisible();
    await shooting(ada)("company-user");
});
