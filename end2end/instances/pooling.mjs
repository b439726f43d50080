// Keystream behind pgbouncer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Portals, Simulator, disable, endOne, isReady, says, serveOne } from "./portals.mjs";
import { Postgres, startBouncer } from "./postgres.mjs";
import { until } from "./waiting.mjs";

export function checkPoolers(work) {
    test("pgbouncer with session pooling and its defaults is as good as Postgres itself", async () => {
        const primary = await Postgres.primary(work);
        let bouncer = await startBouncer(work, primary);
        const one = await serveOne(work, primary.url(bouncer.port));
        await says(one.operator, await disable(one.operator, "orders-prod"), "<strong>Settled");
        const connected = "SELECT COUNT(*) > 0 FROM pg_stat_activity WHERE application_name = 'keystream'";
        assert.equal(await primary.sql(connected), "t");
        await bouncer.process.end("SIGKILL");
        await until("not being ready", async () => !(await isReady(one.origin)));
        bouncer = await startBouncer(work, primary, [], bouncer.port);
        await until("being ready again", () => isReady(one.origin), () => one.portal.told);
        await says(one.operator, await disable(one.operator, "refunds"), "<strong>Settled");
        assert.equal(await one.simulator.stops("refunds"), 1);
        await one.portals.run("audit", "verify");
        await endOne(one);
        await bouncer.process.end("SIGINT");
        await primary.stop();
    });

    test("a pooler that gives each transaction or statement another session is refused", async () => {
        const primary = await Postgres.primary(work);
        const simulator = await Simulator.start(work);
        for (const mode of ["transaction", "statement"]) {
            const bouncer = await startBouncer(work, primary, [`pool_mode = ${mode}`]);
            const portals = await Portals.on(work, primary.url(bouncer.port), simulator);
            const errors = await portals.refusal("serve");
            assert.match(errors, /shares sessions between transactions.*pool_mode=session/, mode);
            await bouncer.process.end("SIGINT");
        }
        await Promise.all([simulator.process.end("SIGINT"), primary.stop()]);
    });
}
