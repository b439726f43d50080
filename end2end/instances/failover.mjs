// Failovers of Postgres to a standby: what waits, what was sent, and what the standby doesn't have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { disable, endOne, readiness, says, serveOne } from "./portals.mjs";
import { Door, Postgres } from "./postgres.mjs";
import { until } from "./waiting.mjs";

/** A reshard that lasts longer than a test, until the order to end it. */
const RESHARD_MS = 3_600_000;
const IN_DOUBT = "may have lost that it was sent";

/** One instance on a primary with a standby, which the door leads to after a failover. */
async function serveWithStandby(t, work) {
    const primary = await Postgres.primary(work);
    const standby = await primary.standby("standby");
    const door = await Door.to(primary);
    t.after(() => door.close());
    return { primary, standby, door, one: await serveOne(work, primary.url(door.port)) };
}

/** Requests a change that waits until the reshard of its stream ends. */
async function disableLater({ simulator, operator }, name) {
    await simulator.reshard(name, RESHARD_MS);
    const change = await disable(operator, name, { wait_minutes: "15" });
    await says(operator, change, "This change will be sent once");
    return change;
}

/** Requests a change, and waits until it is sent. */
async function disableNow({ simulator, operator }, name) {
    const change = await disable(operator, name);
    await simulator.sent(name);
    return change;
}

export function checkFailovers(work) {
    test("failovers: to a standby that can't write for a while, and from a machine that vanishes", async (t) => {
        const { door, one, ...servers } = await serveWithStandby(t, work);
        let { primary, standby } = servers;
        const { operator, origin, portal, simulator } = one;
        const answers = (status) =>
            until(`/readyz to answer ${status}`, async () => (await readiness(origin)) === status, () => portal.told);

        const first = await disableNow(one, "orders-prod");
        const waiting = await disableLater(one, "chargebacks");
        // What begins from now on stays read-only, also on a standby that was promoted.
        await primary.letWrite(false);
        await standby.hasAllOf(primary);
        await primary.kill();
        door.lead(standby);
        await answers(503);
        await says(operator, { path: "/streams" }, "orders-prod");
        await standby.hasNewSession();
        await standby.promote();
        await standby.hasNewSession();
        assert.equal(await readiness(origin), 503);
        await standby.letWrite(true);
        await answers(200);
        await says(operator, first, "<strong>Settled");
        // The worker still runs, but can't know whether another one sent the change meanwhile.
        await simulator.reshard("chargebacks", 0);
        await says(operator, waiting, IN_DOUBT);

        // The machine of the next primary vanishes without a word.
        primary = standby;
        standby = await primary.standby("next");
        const second = await disableNow(one, "refunds");
        await standby.hasAllOf(primary);
        primary.suspend();
        await standby.promote();
        door.lead(standby);
        await says(operator, await disable(operator, "invoices"), "<strong>Settled");
        await says(operator, second, "<strong>Settled");
        await answers(200);

        assert.equal(portal.isOver(), false, portal.told);
        for (const name of ["orders-prod", "refunds", "invoices"]) assert.equal(await simulator.stops(name), 1, name);
        assert.equal(await simulator.stops("chargebacks"), 0);
        await endOne(one);
        await Promise.all([primary.bury(), standby.stop()]);
    });

    test("a change that a failover lost as sent isn't said to be unsent, and isn't sent again", async (t) => {
        const { primary, standby, door, one } = await serveWithStandby(t, work);
        const change = await disableLater(one, "orders-prod");
        await standby.hasAllOf(primary);
        await standby.detach();
        await one.simulator.reshard("orders-prod", 0);
        await one.simulator.sent("orders-prod");
        await one.portal.end("SIGKILL");
        await primary.kill();
        await standby.promote();
        door.lead(standby);
        const portal = await one.portals.serve(one.portal.port);
        await says(one.operator, change, IN_DOUBT);
        await says(one.operator, change, "<strong>Settled");
        assert.equal(await one.simulator.stops("orders-prod"), 1);
        await endOne({ ...one, portal });
        await standby.stop();
    });
}
