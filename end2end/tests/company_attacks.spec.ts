// What is tried against company sign-in with browsers, and several portals that share its work. The rest of the attacks
// is in the server's own tests, with a provider that lies.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import {
    answerProvider,
    auditRows,
    endsAtSignIn,
    heading,
    providerLink,
    signInWithProvider,
    signOutAtProvider,
    test,
} from "../fixtures/company.ts";
import { Instances } from "../fixtures/instances.ts";
import { endsLive, isLive } from "../fixtures/live.ts";
import { expect, hydrated } from "../fixtures/test.ts";

const STALE =
    "The sign-in didn't finish: it took more than 10 minutes, was already used, or was started in another browser. " +
    "Try again.";
const NOT_VALID = /your company's provider sent an invalid response/;
const REFUSED = /your company's provider refused, or the sign-in was canceled/;
const ELSEWHERE = "Another site started this sign-in, so it was blocked. Start it here.";

test.beforeEach(({ mode }) => test.skip(mode !== "full", "no script of ours takes part"));

/** Notes where a browser goes, redirects too. */
function visits(page: Page): string[] {
    const seen: string[] = [];
    page.on("request", (request) => void (request.isNavigationRequest() && seen.push(request.url())));
    return seen;
}

/** The last visit of a path. */
const last = (seen: string[], path: string) => new URL(seen.filter((url) => new URL(url).pathname === path).at(-1)!);

test("a sign-in belongs to the browser that began it, and counts once", async ({ page, stack, company, newPage }) => {
    company.setRoles("mallory", "stream-viewers");
    const seen = visits(page);
    for (const hasBegunOne of [false, true]) {
        await page.goto(`${stack.origin}/sign-in`);
        await providerLink(page).click();
        await expect(heading(page, "Acme")).toBeVisible();
        // Somebody else gets hold of the address, in a browser that has begun no sign-in, or one of its own.
        const mallory = await newPage();
        await mallory.goto(`${stack.origin}/sign-in`);
        if (hasBegunOne) await providerLink(mallory).click();
        await mallory.goto(last(seen, "/auth").href);
        await answerProvider(mallory, "mallory");
        await endsAtSignIn(mallory, stack, STALE);
    }
    expect(auditRows(stack, "session.refused").map(({ result }) => result)).toEqual([
        "the sign-in was started in another browser",
        "the sign-in was started in another browser",
    ]);
    expect(auditRows(stack, "session.signed-in", "user.added")).toEqual([]);
    // What was used up is over for its owner too, who begins again.
    await answerProvider(page);
    await endsAtSignIn(page, stack, STALE);
    await providerLink(page).click();
    await expect(heading(page, "Streams")).toBeVisible();

    // The address with which the browser came back is worth nothing any more, here and elsewhere.
    const callback = last(seen, "/auth/oidc/callback").href;
    const other = await newPage();
    await other.goto(callback);
    await endsAtSignIn(other, stack, STALE);
    await page.goto(callback);
    await expect(page.getByRole("alert")).toHaveText(STALE);
    await page.goto(`${stack.origin}/streams`);
    await expect(heading(page, "Streams")).toBeVisible();
});

test("answers that were put together by hand are refused", async ({ page, stack }) => {
    const seen = visits(page);
    await page.goto(`${stack.origin}/sign-in`);
    await providerLink(page).click();
    await answerProvider(page);
    await expect(heading(page, "Streams")).toBeVisible();
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("button", { name: "Leave Acme", exact: true }).click();
    await expect(heading(page, "Sign in")).toBeVisible();
    const used = last(seen, "/auth/oidc/callback");

    /** Begins a sign-in and comes back with its state and what else is given. */
    const comeBack = async (given: Record<string, string>) => {
        await page.goto(`${stack.origin}/auth/oidc/start`);
        await expect(heading(page, "Acme")).toBeVisible();
        const forged = new URL(used);
        forged.search = "";
        forged.searchParams.set("state", last(seen, "/auth").searchParams.get("state")!);
        for (const [name, value] of Object.entries(given)) forged.searchParams.set(name, value);
        await page.goto(forged.href);
    };
    const [code, iss] = [used.searchParams.get("code")!, used.searchParams.get("iss")!];
    for (const [given, sentence] of [
        [{ code, iss }, REFUSED],
        [{ code: "invented", iss }, REFUSED],
        [{ code }, NOT_VALID],
        [{ code, iss: "https://evil.example" }, NOT_VALID],
        [{ iss }, NOT_VALID],
        [{ iss, error: "access_denied", error_description: "<b>Call 555-0100</b>" }, REFUSED],
    ] as [Record<string, string>, RegExp][]) {
        await comeBack(given);
        await endsAtSignIn(page, stack, sentence);
        await expect(page.getByText("555-0100")).toHaveCount(0);
    }
    await page.goto(`${stack.origin}/auth/oidc/callback`);
    await endsAtSignIn(page, stack, STALE);
    expect(auditRows(stack, "session.refused")).toHaveLength(7);
});

test("no other site begins a sign-in", async ({ page, stack, company, browser }) => {
    const start = `${stack.origin}/auth/oidc/start?next=/changes`;
    const pages: Record<string, string> = {
        "/link": `<a href="${start}">Win a prize</a>`,
        "/redirect": `<meta http-equiv="refresh" content="0; url=${start}">`,
        "/frame": `<iframe src="${start}"></iframe>`,
    };
    const evil = createServer((request, answer) => {
        answer.setHeader("content-type", "text/html").end(`<!DOCTYPE html><title>evil</title>${pages[request.url!]}`);
    });
    await new Promise<void>((listening) => evil.listen(0, "127.0.0.1", listening));
    // A neighbor on the same host, which is the same site to a browser, and a site far away.
    for (const host of ["127.0.0.1", "localhost"]) {
        const origin = `http://${host}:${(evil.address() as AddressInfo).port}`;
        await page.goto(`${origin}/link`);
        await page.getByRole("link", { name: "Win a prize" }).click();
        await endsAtSignIn(page, stack, ELSEWHERE);
        await page.goto(`${origin}/redirect`);
        await endsAtSignIn(page, stack, ELSEWHERE);
        // Nor does it hold one in a frame. Not in the page of this test, which holds every violation to be a fault.
        const framing = await browser.newPage();
        const framed = framing.waitForResponse((answer) => answer.url() === start);
        await framing.goto(`${origin}/frame`);
        await framed;
        await framing.context().close();
    }
    expect(auditRows(stack, "session.refused").length).toBeGreaterThanOrEqual(4);
    expect(company.asked).toEqual([]);
    evil.close();
    // Here it goes on as always.
    await page.goto(`${stack.origin}/sign-in`);
    await providerLink(page).click();
    await answerProvider(page);
    await expect(heading(page, "Streams")).toBeVisible();
});

test("a sign-in leads nowhere else", async ({ page, stack }) => {
    await signInWithProvider(page, stack);
    for (const next of ["//evil.example/", "https://evil.example/", "/\\evil.example", "/auth/oidc/start", "x"]) {
        await page.goto(`${stack.origin}/sign-in?next=${encodeURIComponent(next)}`);
        await providerLink(page).click();
        await expect(page, next).toHaveURL(`${stack.origin}/streams`);
        await page.goto(`${stack.origin}/auth/oidc/start?next=${encodeURIComponent(next)}`);
        await expect(page, next).toHaveURL(`${stack.origin}/streams`);
    }
});

test("two windows of one browser sign in at once", async ({ page, context, stack }) => {
    const other = await context.newPage();
    for (const window of [page, other]) {
        await window.goto(`${stack.origin}/changes`);
        await providerLink(window).click();
        await expect(heading(window, "Acme")).toBeVisible();
    }
    for (const window of [page, other]) {
        await answerProvider(window);
        await expect(window).toHaveURL(`${stack.origin}/changes`);
    }
});

test("three portals behind a round-robin share sign-ins and logouts", async ({ portalOrigin, company, newPage }) => {
    test.setTimeout(180_000);
    const instances = new Instances(portalOrigin);
    try {
        await instances.start(3, company.settings);
        const [first, second] = [await newPage(), await newPage()];
        for (const page of [first, second]) {
            await signInWithProvider(page, instances);
            for (const name of ["Changes", "Keys", "Settings", "Streams"]) {
                await page.getByRole("link", { name, exact: true }).click();
                await expect(heading(page, name)).toBeVisible();
            }
            await hydrated(page, "full");
            await isLive(page, 40_000);
        }
        const portalsOf = (path: string) =>
            instances.given.filter((one) => one.path === path).map(({ portal }) => portal);
        const [started, finished] = [portalsOf("/auth/oidc/start"), portalsOf("/auth/oidc/callback")];
        expect(started).toHaveLength(2);
        expect(finished.map((portal, sign_in) => portal === started[sign_in])).toContain(false);

        // One portal hears of it; the page that another one keeps up to date ends as soon.
        await signOutAtProvider(first, company);
        await endsLive(first);
        await first.goto(`${instances.origin}/streams`);
        await expect(heading(first, "Sign in")).toBeVisible();
        for (let turn = 0; turn < 3; turn += 1) {
            await second.goto(`${instances.origin}/streams`);
            await expect(heading(second, "Streams")).toBeVisible();
        }
    } finally {
        await test.info().attach("the portals' output", { body: instances.output });
        await instances.stop();
    }
});
