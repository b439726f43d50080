// Postgres as companies run it: a primary with standbys, an address that leads to one of them, and pgbouncer.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT, run, startUnpacked } from "../deploy/tools.mjs";
import { Process, freePort } from "../docs/commands.mjs";
import { until } from "./waiting.mjs";

const found = run("bash", ["-c", "source .ci/env.sh && postgres_bin"], { cwd: ROOT });
if (found.status !== 0) throw new Error("no Postgres server; run .ci/setup test");
const BIN = found.stdout.trim();
/** Postgres and pgbouncer refuse to run as root; Debian's package of Postgres makes the user. */
const IS_ROOT = process.getuid() === 0;
const AS_USER = IS_ROOT ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : [];
const USER = "keystream";
/** Processes that are held, and have to be ended one by one. */
const held = new Set();
process.on("exit", release);

/** Ends what is held. */
export function release() {
    for (const pid of held) {
        try {
            process.kill(pid, "SIGKILL");
        } catch {
            // It has already ended.
        }
    }
    held.clear();
}

const execute = promisify(execFile);

/** Runs a program of Postgres, which must succeed, and returns what it prints. Doors stay open meanwhile. */
async function tool(program, args) {
    const [first, ...rest] = [...AS_USER, join(BIN, program), ...args];
    const { stdout } = await execute(first, rest, { cwd: "/" });
    return stdout.trim();
}

/** A Postgres server on loopback. */
export class Postgres {
    constructor(place, name, port) {
        Object.assign(this, { place, port, data: join(place, name) });
    }

    /** Starts a primary, with a directory for it and its standbys. */
    static async primary(work) {
        const place = mkdtempSync(join(work, "postgres-"));
        const primary = new Postgres(place, "primary", await freePort());
        if (IS_ROOT) await execute("chown", ["postgres", place]);
        const how = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"];
        await tool("initdb", ["--pgdata", primary.data, ...how]);
        await primary.start();
        await primary.sql(`CREATE DATABASE ${USER}`);
        return primary;
    }

    /** An asynchronous standby that follows this server. */
    async standby(name) {
        const standby = new Postgres(this.place, name, await freePort());
        const from = ["--host", "127.0.0.1", "--port", `${this.port}`, "--username", USER];
        const how = ["--checkpoint", "fast", "--no-sync", "--write-recovery-conf"];
        await tool("pg_basebackup", [...from, ...how, "--pgdata", standby.data]);
        await standby.start();
        return standby;
    }

    async start() {
        // These tests end processes, not machines.
        const settings = ["fsync=off", "max_connections=100", "unix_socket_directories="].flatMap((one) => ["-c", one]);
        const args = ["-D", this.data, "-h", "127.0.0.1", "-p", `${this.port}`, ...settings];
        const [first, ...rest] = [...AS_USER, join(BIN, "postgres"), ...args];
        this.process = new Process(first, rest, { cwd: "/" });
        const asked = ["-q", "-h", "127.0.0.1", "-p", `${this.port}`];
        const isReady = () => tool("pg_isready", asked).then(() => true, () => false);
        await until("Postgres", isReady, () => this.process.told);
    }

    /** Stops it as an administrator does who doesn't wait for clients. */
    stop() {
        return this.process.end("SIGINT");
    }

    /** Its other processes end by themselves once this one is gone. */
    kill() {
        return this.process.end("SIGKILL");
    }

    /** Holds all its processes, so that it answers nobody and closes no connection. */
    suspend() {
        const { pid } = this.process.child;
        process.kill(pid, "SIGSTOP");
        const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? [];
        for (const child of children.map(Number)) {
            process.kill(child, "SIGSTOP");
            held.add(child);
        }
    }

    /** Ends a server that was suspended. */
    async bury() {
        await Promise.all([this.kill(), release()]);
    }

    sql(statement) {
        const options = ["-h", "127.0.0.1", "-p", `${this.port}`, "-U", USER, "-XAtqc"];
        return tool("psql", [...options, statement, "postgres"]);
    }

    url(port = this.port) {
        return `postgres://${USER}@127.0.0.1:${port}/${USER}`;
    }

    /** Whether sessions that begin from now on can write. Those that there are stay as they are. */
    letWrite(can) {
        const how = can ? "RESET default_transaction_read_only" : "SET default_transaction_read_only = on";
        return this.sql(`ALTER DATABASE ${USER} ${how}`);
    }

    /** Waits until Keystream has begun another session here than those that there are now. */
    async hasNewSession() {
        const now = await this.sql("SELECT clock_timestamp()");
        const isThere = `SELECT COUNT(*) > 0 FROM pg_stat_activity
            WHERE application_name = 'keystream' AND backend_start > '${now}'`;
        await until("a new session of Keystream", async () => (await this.sql(isThere)) === "t");
    }

    /** Waits until this standby has everything that a primary has committed. */
    async hasAllOf(primary) {
        const last = await primary.sql("SELECT pg_current_wal_flush_lsn()");
        const has = async () => (await this.sql(`SELECT pg_last_wal_replay_lsn() >= '${last}'::pg_lsn`)) === "t";
        await until("the standby to catch up", has);
    }

    /** From now on, this standby gets nothing more from its primary. */
    async detach() {
        await this.sql("ALTER SYSTEM SET primary_conninfo = ''");
        await this.sql("SELECT pg_reload_conf()");
        const receivers = () => this.sql("SELECT COUNT(*) FROM pg_stat_wal_receiver");
        await until("the standby to be detached", async () => (await receivers()) === "0");
    }

    async promote() {
        if ((await this.sql("SELECT pg_promote()")) !== "t") throw new Error("the standby wasn't promoted");
    }
}

/** An address that leads to one server or another, as a virtual address does. */
export class Door {
    #open = new Set();
    #to;

    static async to({ port }) {
        const door = new Door();
        door.#to = port;
        door.server = createServer((client) => door.#pass(client)).listen(0, "127.0.0.1");
        await new Promise((listening) => door.server.on("listening", listening));
        door.port = door.server.address().port;
        return door;
    }

    /** New connections go to another server. Those that there are stay as they are: their server may have vanished. */
    lead({ port }) {
        this.#to = port;
    }

    close() {
        this.server.close();
        for (const socket of this.#open) socket.destroy();
    }

    #pass(client) {
        const server = connect(this.#to, "127.0.0.1");
        for (const [one, other] of [[client, server], [server, client]]) {
            this.#open.add(one);
            one.setNoDelay(true);
            one.on("error", () => other.destroy());
            one.on("close", () => this.#open.delete(one) && other.destroy());
            one.pipe(other);
        }
    }
}

/** Debian's pgbouncer in front of a server, with its defaults but for these settings. */
export async function startBouncer(work, postgres, settings = [], port = undefined) {
    const listen = port ?? (await freePort());
    const directory = join(work, `pgbouncer-${listen}`);
    mkdirSync(directory, { recursive: true });
    const lines = [
        "[databases]",
        `* = host=127.0.0.1 port=${postgres.port}`,
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        `listen_port = ${listen}`,
        "unix_socket_dir =",
        "auth_type = trust",
        `auth_file = ${join(directory, "users.txt")}`,
        ...settings,
    ];
    writeFileSync(join(directory, "pgbouncer.ini"), `${lines.join("\n")}\n`);
    writeFileSync(join(directory, "users.txt"), `"${USER}" ""\n`);
    const args = [...(IS_ROOT ? ["-u", "postgres"] : []), join(directory, "pgbouncer.ini")];
    const bouncer = startUnpacked("pgbouncer", "pgbouncer", args, directory);
    const answers = () =>
        new Promise((done) => {
            const socket = connect(listen, "127.0.0.1");
            socket.on("connect", () => socket.end(() => done(true)));
            socket.on("error", () => done(false));
        });
    await until("pgbouncer", answers, () => bouncer.told);
    return { port: listen, process: bouncer };
}
