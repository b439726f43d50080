//! Which file needs which, and cycles between files.

use std::collections::{BTreeMap, BTreeSet};

use super::{modules::How, resolve::Place, sources::Sources};

/// The first mention that makes one file need another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub line: usize,
    pub import: String,
}

/// For each file, the files whose items it uses. Declaring a module or re-exporting its names doesn't count.
#[derive(Debug, Default)]
pub struct Graph {
    pub needs: BTreeMap<String, BTreeMap<String, Need>>,
}

impl Graph {
    pub fn of(sources: &Sources) -> Self {
        let mut needs: BTreeMap<String, BTreeMap<String, Need>> = BTreeMap::new();
        for (name, module) in &sources.modules {
            let is_passing_on = |how| how == How::Reexport && module.file.ends_with("mod.rs");
            for mention in module.mentions.iter().filter(|mention| !is_passing_on(mention.how)) {
                let Place::Item { module: target, .. } = sources.resolve(name, &mention.path).place else { continue };
                let Some(target) = sources.modules.get(&target).filter(|target| target.file != module.file) else {
                    continue;
                };
                let need = Need { line: mention.line, import: mention.path.join("::") };
                needs.entry(module.file.clone()).or_default().entry(target.file.clone()).or_insert(need);
            }
        }
        Self { needs }
    }

    /// Sets of files that need each other, the largest first.
    pub fn cycles(&self) -> Vec<BTreeSet<String>> {
        let mut search = Search::new(self);
        for file in self.needs.keys() {
            if !search.index.contains_key(file.as_str()) {
                search.visit(file);
            }
        }
        let mut cycles = search.cycles;
        cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.len()));
        cycles
    }

    /// The dependencies between the files of a cycle, one per line.
    pub fn explain(&self, cycle: &BTreeSet<String>) -> String {
        let mut lines = Vec::new();
        for from in cycle {
            for (to, need) in self.needs.get(from).into_iter().flatten().filter(|(to, _)| cycle.contains(*to)) {
                lines.push(format!("  src/{from}:{}: `{}` needs src/{to}", need.line, need.import));
            }
        }
        lines.join("\n")
    }
}

/// Tarjan's search for strongly connected components.
struct Search<'a> {
    graph: &'a Graph,
    index: BTreeMap<&'a str, usize>,
    low: BTreeMap<&'a str, usize>,
    stack: Vec<&'a str>,
    cycles: Vec<BTreeSet<String>>,
}

impl<'a> Search<'a> {
    fn new(graph: &'a Graph) -> Self {
        Self { graph, index: BTreeMap::new(), low: BTreeMap::new(), stack: Vec::new(), cycles: Vec::new() }
    }

    fn visit(&mut self, file: &'a str) -> usize {
        let own = self.index.len();
        self.index.insert(file, own);
        self.stack.push(file);
        let mut low = own;
        for next in self.graph.needs.get(file).into_iter().flat_map(BTreeMap::keys) {
            if !self.index.contains_key(next.as_str()) {
                low = low.min(self.visit(next));
            } else if self.stack.contains(&next.as_str()) {
                low = low.min(self.index[next.as_str()]);
            }
        }
        self.low.insert(file, low);
        if low == own {
            let from = self.stack.iter().position(|on_stack| *on_stack == file).unwrap_or_default();
            let members: BTreeSet<String> = self.stack.split_off(from).into_iter().map(str::to_owned).collect();
            if members.len() > 1 {
                self.cycles.push(members);
            }
        }
        low
    }
}
