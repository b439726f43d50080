// Runs the commands in documents, each document in its own directory, against a simulated AWS on loopback.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A command must end, or say that it is serving, within this time. */
const LONGEST_MS = 30_000;
/** A server that is told to stop must end within this time. */
const STOPPED_WITHIN_MS = 10_000;
/** What servers print once they are serving, and a path that then answers 200. */
const SERVERS = [
    { says: /^Listening on (https?:\S+)$/m, health: "/readyz" },
    { says: /^Simulating on (http:\S+)$/m, health: "/_control/counts" },
];
/** The answer to every password prompt. */
export const PASSWORD = "seven words that belong to no song";
/** The account of the simulated AWS. */
const ACCOUNT = "111122223333";

const running = new Set();

/** Ends every process started here, with its children. */
export function endAll() {
    for (const child of running) {
        try {
            process.kill(-child.pid, "SIGKILL");
        } catch {
            // It has already ended.
        }
    }
}

/** A port that is free on every loopback address. */
export async function freePort() {
    const server = createServer().listen(0, "0.0.0.0");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}

/** A process in its own group, so that Ctrl-C reaches its children. */
export class Process {
    output = "";
    errors = "";

    constructor(program, args, options) {
        this.child = spawn(program, args, { ...options, detached: true, stdio: ["pipe", "pipe", "pipe"] });
        running.add(this.child);
        this.child.stdout.on("data", (chunk) => (this.output += chunk));
        this.child.stderr.on("data", (chunk) => (this.errors += chunk));
        // A process that reads nothing closes its end.
        this.child.stdin.on("error", () => {});
        this.child.stdin.end(`${PASSWORD}\n`);
        this.ended = new Promise((done, failed) => {
            this.child.on("error", failed);
            this.child.on("close", (code, signal) => {
                running.delete(this.child);
                done(code ?? signal);
            });
        });
    }

    get told() {
        return `it printed:\n${this.output}${this.errors}`;
    }

    /** Its exit code, or where it is serving. */
    async outcome() {
        let code;
        this.ended.then((ended) => (code = ended));
        for (const deadline = Date.now() + LONGEST_MS; Date.now() < deadline; await sleep(20)) {
            const server = SERVERS.find(({ says }) => says.test(this.output));
            if (server) return { origin: server.says.exec(this.output)[1], health: server.health };
            if (code !== undefined) return { code };
        }
        await this.end("SIGKILL");
        throw new Error(`it neither ended nor said that it serves within ${LONGEST_MS / 1_000} s; ${this.told}`);
    }

    /** Sends a signal to the group and waits for the end. */
    async end(signal) {
        if (!running.has(this.child)) return this.ended;
        process.kill(-this.child.pid, signal);
        const late = sleep(STOPPED_WITHIN_MS, "late", { ref: false });
        const code = await Promise.race([this.ended, late]);
        if (code === "late") {
            process.kill(-this.child.pid, "SIGKILL");
            throw new Error(`it didn't stop within ${STOPPED_WITHIN_MS / 1_000} s; ${this.told}`);
        }
        return code;
    }
}

/** The programs under test, and an AWS for them. */
export class Stage {
    #directory;
    #places = 0;

    constructor(root) {
        this.root = root;
        this.program = join(root, "target/keystream");
        for (const built of [this.program, join(root, "target/site")]) {
            if (!existsSync(built)) throw new Error(`${built} is missing: run .ci/build dev`);
        }
        this.#directory = mkdtempSync(join(tmpdir(), "keystream-docs-"));
        mkdirSync(join(this.#directory, "bin"));
        symlinkSync(this.program, join(this.#directory, "bin/keystream"));
        mkdirSync(join(this.#directory, ".aws"));
        const keys = `aws_access_key_id = ${ACCOUNT}\naws_secret_access_key = simulated\n`;
        writeFileSync(join(this.#directory, ".aws/credentials"), `[default]\n${keys}[keystream]\n${keys}`);
    }

    async start() {
        const options = { env: this.#environment(), cwd: this.#directory };
        this.simulator = new Process(this.program, ["simulate", "--port", "0"], options);
        const { origin } = await this.simulator.outcome();
        if (!origin) throw new Error(`the simulator didn't start; ${this.simulator.told}`);
        this.aws = origin;
    }

    /** Nothing of the machine's own settings. */
    #environment() {
        return {
            PATH: `${join(this.#directory, "bin")}:${process.env.PATH}`,
            HOME: this.#directory,
            LANG: "C.UTF-8",
            AWS_ENDPOINT_URL: this.aws ?? "",
            AWS_REGION: "eu-west-1",
            AWS_EC2_METADATA_DISABLED: "true",
            KEYSTREAM_LISTEN: "127.0.0.1:0",
            KEYSTREAM_SITE_ROOT: join(this.root, "target/site"),
        };
    }

    /** A directory for one document, with a release in it. */
    place() {
        const directory = join(this.#directory, `place-${++this.#places}`);
        mkdirSync(join(directory, "target/release-dir"), { recursive: true });
        symlinkSync(this.program, join(directory, "target/release-dir/keystream"));
        return new Place(directory, this.#environment());
    }

    /** The output of the program with these arguments and variables, whatever its exit code. */
    async printed(args, variables, file) {
        const { directory } = this.place();
        if (file) writeFileSync(join(directory, "keystream.toml"), file);
        const env = { ...this.#environment(), ...variables };
        const asked = new Process(this.program, args, { env, cwd: directory });
        await asked.ended;
        return asked.output + asked.errors;
    }

    async end() {
        try {
            await this.simulator?.end("SIGINT");
        } finally {
            rmSync(this.#directory, { recursive: true, force: true });
        }
    }
}

/** Where the commands of one document run. Exported variables last to the end of their block. */
class Place {
    constructor(directory, environment) {
        this.directory = directory;
        this.environment = environment;
        this.state = join(directory, ".exported");
    }

    beginBlock() {
        writeFileSync(this.state, "");
    }

    write(file, text) {
        writeFileSync(join(this.directory, file), `${text}\n`);
    }

    /** Runs one command. A server must answer, and stop when told to. */
    async run(command) {
        const script = `set -euo pipefail\nsource "$STATE"\n${command}\nexport -p > "$STATE"\n`;
        const env = { ...this.environment, STATE: this.state };
        const shell = new Process("bash", ["-c", script], { env, cwd: this.directory });
        const { code, origin, health } = await shell.outcome();
        if (origin === undefined) {
            if (code !== 0) throw new Error(`it ended with ${code}; ${shell.told}`);
            return;
        }
        let answer;
        try {
            answer = await fetch(`${origin}${health}`, { signal: AbortSignal.timeout(STOPPED_WITHIN_MS) });
        } finally {
            const ended = await shell.end("SIGINT");
            if (ended !== 0) throw new Error(`it ended with ${ended} when it was stopped; ${shell.told}`);
        }
        if (answer.status !== 200) throw new Error(`${health} answered ${answer.status}; ${shell.told}`);
    }
}
