// Reads queries of Prometheus as far as labels go: a label that a metric doesn't have selects, groups or shows nothing,
// and neither Prometheus nor Grafana complains. What is unknown here is an error; that a query is valid, promtool says.

/** What Prometheus adds to every series. */
const ADDED = ["job", "instance"];
const AGGREGATIONS = new Set(["sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "quantile"]);
/** Aggregations that return some of the series as they are. */
const SELECTIONS = new Set(["topk", "bottomk"]);
/** Functions whose result has the labels of the series that they take. */
const PASSING = new Set(
    ["rate", "irate", "increase", "delta", "idelta", "deriv", "changes", "resets", "predict_linear"].concat(
        ["avg", "min", "max", "sum", "count", "last", "quantile", "present"].map((name) => `${name}_over_time`),
        ["abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "sort", "sort_desc", "timestamp"],
    ),
);
/** Functions whose result has no labels. */
const BARE = new Set(["vector", "scalar", "time", "absent", "absent_over_time"]);
/** Binary operators, from those that bind least. */
const LEVELS = [["or"], ["and", "unless"], ["==", "!=", "<=", "<", ">=", ">"], ["+", "-"], ["*", "/", "%"], ["^"]];

const TOKEN = new RegExp(
    [
        /(?<space>\s+|#[^\n]*)/,
        /(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)/,
        /(?<range>\[[^\]]*\])/,
        /(?<number>(?:\d+(?:ms|[smhdwy]))+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/,
        /(?<name>[a-zA-Z_:][\w:]*)/,
        /(?<sign>=~|!~|==|!=|<=|>=|[-+*/%^<>=(){},])/,
    ].map(({ source }) => source).join("|"),
    "y",
);

function tokensOf(query) {
    const tokens = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < query.length) {
        const at = TOKEN.lastIndex;
        const found = TOKEN.exec(query);
        if (!found) throw new Error(`what begins here isn't understood: ${query.slice(at)}`);
        const [kind, text] = Object.entries(found.groups).find(([, text]) => text !== undefined);
        if (kind !== "space") tokens.push({ kind, text });
    }
    return tokens;
}

const union = (one, other) => new Set([...one, ...other]);
const without = (labels, dropped) => new Set([...labels].filter((label) => !dropped.includes(label)));
const named = (labels) => `{${[...labels].sort().join(", ")}}`;

class Reader {
    problems = [];

    /** `labelsOf` returns the labels of a metric that the program serves, or undefined. */
    constructor(query, labelsOf) {
        this.tokens = tokensOf(query);
        this.labelsOf = labelsOf;
    }

    next() {
        if (this.tokens.length === 0) throw new Error("a query ends too early");
        return this.tokens.shift();
    }

    is(...texts) {
        return this.tokens.length > 0 && this.tokens[0].kind !== "text" && texts.includes(this.tokens[0].text);
    }

    skip(text) {
        return this.is(text) && Boolean(this.next());
    }

    expect(text) {
        if (!this.skip(text)) throw new Error(`${text} is expected where ${this.tokens[0]?.text ?? "a query ends"} is`);
    }

    /** The labels in parentheses. */
    list() {
        const labels = [];
        this.expect("(");
        while (!this.skip(")")) {
            labels.push(this.next().text);
            this.skip(",");
        }
        return labels;
    }

    check(labels, those, where) {
        const lacking = labels.filter((label) => !those.has(label));
        this.problems.push(...lacking.map((label) => `${where} has ${named(those)}, not ${label}`));
    }

    /** Reads an expression, and returns the labels of its result; null if it is a number or a text. */
    expression(level = 0) {
        if (level === LEVELS.length) return this.operand();
        let left = this.expression(level + 1);
        while (this.is(...LEVELS[level])) {
            const operator = this.next().text;
            this.skip("bool");
            const matching = this.is("on", "ignoring") ? { how: this.next().text, labels: this.list() } : undefined;
            const many = this.is("group_left", "group_right") ? this.next().text : undefined;
            const copied = many && this.is("(") ? this.list() : [];
            const right = this.expression(level + 1);
            left = this.joined(operator, left, right, { matching, many, copied });
        }
        return left;
    }

    /** The labels of the result of a binary operator. Series with different labels would never match. */
    joined(operator, left, right, { matching, many, copied }) {
        if (left === null || right === null) return left ?? right;
        if (matching) {
            const both = matching.how === "on" ? [left, right] : [union(left, right)];
            both.forEach((side) => this.check(matching.labels, side, `a side of ${operator}`));
        }
        if (matching?.how !== "on" && operator !== "or") {
            const [one, other] = [left, right].map((side) => named(without(side, matching?.labels ?? [])));
            if (one !== other && !many) this.problems.push(`${one} ${operator} ${other} never match`);
        }
        if (operator === "or") return union(left, right);
        if (["and", "unless"].includes(operator)) return left;
        const [kept, one] = many === "group_right" ? [right, left] : [left, right];
        this.check(copied, one, `the one side of ${operator}`);
        if (many) return union(kept, copied);
        if (!matching) return left;
        return matching.how === "on" ? new Set(matching.labels) : without(left, matching.labels);
    }

    operand() {
        if (this.skip("-") || this.skip("+")) return this.operand();
        const labels = this.primary();
        while (this.tokens[0]?.kind === "range" || this.is("offset")) {
            if (this.next().text === "offset") this.next();
        }
        return labels;
    }

    primary() {
        if (this.skip("(")) {
            const labels = this.expression();
            this.expect(")");
            return labels;
        }
        const { kind, text } = this.next();
        if (kind === "number" || kind === "text") return null;
        if (kind !== "name") throw new Error(`${text} isn't understood`);
        if (AGGREGATIONS.has(text) || SELECTIONS.has(text)) return this.aggregation(text);
        return this.is("(") ? this.call(text) : this.selector(text);
    }

    operands() {
        const found = [];
        this.expect("(");
        while (!this.skip(")")) {
            found.push(this.expression());
            this.skip(",");
        }
        return found;
    }

    aggregation(name) {
        const grouping = () => (this.is("by", "without") ? { how: this.next().text, labels: this.list() } : undefined);
        const before = grouping();
        const taken = this.operands().at(-1);
        const { how, labels } = before ?? grouping() ?? { how: "by", labels: [] };
        this.check(labels, taken, `what ${name} ${how} takes`);
        if (SELECTIONS.has(name)) return taken;
        return how === "by" ? new Set(labels) : without(taken, labels);
    }

    call(name) {
        const taken = this.operands().findLast((labels) => labels !== null);
        if (name === "histogram_quantile") {
            this.check(["le"], taken, "what histogram_quantile takes");
            return without(taken, ["le"]);
        }
        if (PASSING.has(name)) return taken;
        if (BARE.has(name)) return new Set();
        throw new Error(`the labels of ${name}() aren't known here`);
    }

    selector(metric) {
        const served = this.labelsOf(metric);
        if (!served) this.problems.push(`${metric} isn't served`);
        const labels = union(served ?? [], ADDED);
        if (!this.skip("{")) return labels;
        while (!this.skip("}")) {
            const label = this.next().text;
            if (served) this.check([label], labels, metric);
            if (!this.is("=", "!=", "=~", "!~")) throw new Error(`a matcher of ${metric} isn't understood`);
            this.next();
            this.next();
            this.skip(",");
        }
        return labels;
    }
}

/** What is wrong with the labels that a query uses, and those of its result. */
export function read(query, labelsOf) {
    const reader = new Reader(query, labelsOf);
    const labels = reader.expression() ?? new Set();
    if (reader.tokens.length > 0) throw new Error(`${reader.tokens[0].text} isn't understood in ${query}`);
    return { problems: reader.problems, labels };
}

/** What is wrong with a query, and with the labels that texts show of its result. */
export function problemsOf(query, shown, labelsOf) {
    const { problems, labels } = read(query, labelsOf);
    const lacking = shown.filter((label) => !labels.has(label));
    return problems.concat(lacking.map((label) => `the result has ${named(labels)}, and a text shows ${label}`));
}

/** The labels that Grafana's legends show: `{{label}}`. */
export const ofLegend = (text) => [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label);

/** The labels that annotations of alerts show: `{{ $labels.label }}`. */
export const ofAnnotation = (text) => [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);

/** The labels of each name in what the program serves: of all of its series together. */
export function servedLabels(text) {
    const served = new Map([["up", new Set()]]);
    for (const [, name, labels = ""] of text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/gm)) {
        const found = [...labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label]) => label);
        served.set(name, union(served.get(name) ?? [], found));
    }
    return served;
}
