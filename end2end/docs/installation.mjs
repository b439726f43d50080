// Keystream with a database that outlives its process, and a simulated AWS.
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { Process } from "./commands.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const PROGRAM = join(ROOT, "target/keystream");

/** Starts a simulator; `origin` is where it answers. */
export async function startSimulator(directory, ...flags) {
    const simulator = new Process(PROGRAM, ["simulate", "--port", "0", ...flags], { cwd: directory });
    simulator.origin = (await simulator.outcome()).origin;
    assert.ok(simulator.origin, simulator.told);
    return simulator;
}

/** A database of its own in a directory, with these settings. */
export class Installation {
    constructor(directory, name, simulator, settings) {
        this.directory = directory;
        this.database = join(directory, `${name}.db`);
        this.env = {
            PATH: process.env.PATH,
            HOME: directory,
            AWS_ACCESS_KEY_ID: "111122223333",
            AWS_SECRET_ACCESS_KEY: "simulated",
            AWS_REGION: "eu-west-1",
            AWS_ENDPOINT_URL: simulator.origin,
            AWS_EC2_METADATA_DISABLED: "true",
            KEYSTREAM_TARGETS: "111122223333/eu-west-1",
            KEYSTREAM_LISTEN: "127.0.0.1:0",
            KEYSTREAM_SITE_ROOT: join(ROOT, "target/site"),
            KEYSTREAM_DATABASE_URL: `sqlite://${this.database}`,
            ...settings,
        };
    }

    start(args, variables = {}) {
        return new Process(PROGRAM, args, { env: { ...this.env, ...variables }, cwd: this.directory });
    }

    /** Runs a command, which must succeed, and returns what it printed. */
    async run(...args) {
        const command = this.start(args);
        assert.equal(await command.ended, 0, command.told);
        return command.output;
    }

    /** Starts the server; `origin` is where it answers. */
    async serve(variables) {
        const server = this.start(["serve"], variables);
        server.origin = (await server.outcome()).origin;
        assert.ok(server.origin, server.told);
        return server;
    }

    /** Adds a user, whose password is the one that every process here is given. */
    addUser(name, role) {
        return this.run("user", "add", name, "--role", role, "--password-stdin");
    }
}
