// A load balancer in front of instances of Keystream.
import { Agent, createServer, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Operator } from "../docs/demo.mjs";
import { readiness } from "./portals.mjs";

/** An instance that takes longer is left out until it is ready again. Without a database, a page takes seconds. */
const [READY_WITHIN_MS, ANSWERED_WITHIN_MS] = [1_000, 20_000];
/** How long the balancer looks for an instance that answers. */
const BALANCED_WITHIN_MS = 60_000;
/** Says in a request which instance it is for, and in an answer which one gave it. */
const PORTAL = "x-portal";

/** The same operator, whose requests all go to the instance at this port, ready or not. */
export function at(operator, port) {
    const one = new Operator(operator.origin);
    one.headers = { ...operator.headers, [PORTAL]: `${port}` };
    return one;
}

/** A load balancer that gives each request to the next instance that is ready, and says which one it was. */
export class Balancer {
    #ports;
    #ready = new Set();
    #turn = 0;
    #agent = new Agent({ keepAlive: true });

    static async over(ports) {
        const balancer = new Balancer();
        balancer.#ports = ports;
        balancer.server = createServer((incoming, answer) => balancer.#pass(incoming, answer)).listen(0, "127.0.0.1");
        // It never closes a connection just when a request arrives on it.
        balancer.server.keepAliveTimeout = 0;
        await new Promise((listening) => balancer.server.on("listening", listening));
        balancer.origin = `http://127.0.0.1:${balancer.server.address().port}`;
        balancer.checks = ports.map((port) => balancer.#check(port));
        return balancer;
    }

    async close() {
        this.isClosed = true;
        await Promise.all(this.checks);
        this.#agent.destroy();
        this.server.close();
        this.server.closeAllConnections();
    }

    async #check(port) {
        for (; !this.isClosed; await sleep(100)) {
            const isReady = (await readiness(`http://127.0.0.1:${port}`, READY_WITHIN_MS)) === 200;
            if (isReady) this.#ready.add(port);
            else this.#ready.delete(port);
        }
    }

    async #pass(incoming, answer) {
        const body = [];
        for await (const chunk of incoming) body.push(chunk);
        const named = Number(incoming.headers[PORTAL]);
        for (const deadline = Date.now() + BALANCED_WITHIN_MS; Date.now() < deadline; ) {
            const ready = this.#ports.filter((port) => (named ? port === named : this.#ready.has(port)));
            if (ready.length === 0) {
                await sleep(50);
                continue;
            }
            const port = ready[this.#turn++ % ready.length];
            const from = await this.#ask(port, incoming, Buffer.concat(body)).catch(() => undefined);
            if (from !== undefined) {
                answer.writeHead(from.status, { ...from.headers, [PORTAL]: `${port}` });
                return answer.end(from.text);
            }
            this.#ready.delete(port);
            // Only what reads may be asked again.
            if (incoming.method !== "GET") break;
            await sleep(50);
        }
        answer.writeHead(502).end();
    }

    #ask(port, { method, url, headers }, body) {
        const options = { host: "127.0.0.1", port, method, path: url, agent: this.#agent };
        options.headers = { ...headers, "x-forwarded-for": "127.0.0.1" };
        return new Promise((done, failed) => {
            const asked = request(options, async (from) => {
                try {
                    const chunks = [];
                    for await (const chunk of from) chunks.push(chunk);
                    const { "transfer-encoding": _, ...rest } = from.headers;
                    done({ status: from.statusCode, headers: rest, text: Buffer.concat(chunks) });
                } catch (error) {
                    failed(error);
                }
            });
            asked.setTimeout(ANSWERED_WITHIN_MS, () => asked.destroy(new Error("no answer")));
            asked.on("error", failed);
            asked.end(body);
        });
    }
}
