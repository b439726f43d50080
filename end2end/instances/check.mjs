// Checks that several instances are as one while they are killed, suspended and replaced, and that Keystream goes on
// with Postgres as companies run it: behind pgbouncer, stopped, and failing over to a standby.
// Run it after `.ci/setup test` and `.ci/build dev`: node --test end2end/instances/check.mjs
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe } from "node:test";
import { endAll } from "../docs/commands.mjs";
import { checkFailovers } from "./failover.mjs";
import { checkFleets } from "./fleet.mjs";
import { checkPoolers } from "./pooling.mjs";
import { release } from "./postgres.mjs";

const work = mkdtempSync(join(tmpdir(), "keystream-instances-"));
// Postgres and pgbouncer run as another user.
chmodSync(work, 0o755);
after(() => {
    endAll();
    release();
    rmSync(work, { recursive: true, force: true });
});
process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

// They wait more than they compute. The longest comes first.
describe("several instances, and Postgres as companies run it", { concurrency: 2 }, () => {
    checkFleets(work);
    checkPoolers(work);
    checkFailovers(work);
});
