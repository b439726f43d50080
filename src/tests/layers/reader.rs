//! Reads a source file as modules: what each defines, what it imports, and every path that it uses outside tests.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Attribute, ImplItem, Item, Lit, LitStr, Macro, Meta, UseTree, Visibility,
    visit::{self, Visit},
};

use super::{
    attributes::{attributes_of, is_only_in_tests},
    modules::{How, Import, Mention, Module, Path, join, module_of},
};

/// Walks a file.
pub struct Reader {
    pub modules: BTreeMap<String, Module>,
    /// The module that is being read.
    current: String,
    file: String,
    /// The modules that are compiled for tests alone.
    pub only_in_tests: Vec<String>,
    /// How many functions deep: items there aren't the module's.
    depth: usize,
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new(file: &str) -> Self {
        let current = module_of(file);
        let module = Module { file: file.to_owned(), ..Module::default() };
        let modules = BTreeMap::from([(current.clone(), module)]);
        Self { modules, current, file: file.to_owned(), only_in_tests: Vec::new(), depth: 0 }
    }

    fn module(&mut self) -> &mut Module {
        self.modules.entry(self.current.clone()).or_default()
    }

    fn mention(&mut self, path: Path, line: usize, how: How) {
        self.module().mentions.push(Mention { path, line, how });
    }

    fn read_use(&mut self, tree: &UseTree, prefix: &mut Path, how: How) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.read_use(&path.tree, prefix, how);
                prefix.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|item| self.read_use(item, prefix, how)),
            UseTree::Name(name) => self.import(prefix, &name.ident, &name.ident, how),
            UseTree::Rename(name) => self.import(prefix, &name.ident, &name.rename, how),
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                self.mention(prefix.clone(), line, how);
                self.module().globs.push(prefix.clone());
            }
        }
    }

    fn import(&mut self, prefix: &Path, name: &Ident, alias: &Ident, how: How) {
        let mut path = prefix.clone();
        let own = name == "self";
        if !own {
            path.push(name.to_string());
        }
        let called = if own && alias == "self" { path.last().cloned().unwrap_or_default() } else { alias.to_string() };
        self.mention(path.clone(), name.span().start().line, how);
        self.module().imports.push(Import { name: called, path });
    }

    /// Finds `a::b::c` in the tokens of a macro call, which needn't be Rust.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Literal(literal) => self.visit_lit(&Lit::new(literal.clone())),
                TokenTree::Ident(first) => {
                    let is_member =
                        at > 0 && is_punct(&tokens[at - 1], '.') && !(at > 1 && is_punct(&tokens[at - 2], '.'));
                    let mut path = vec![first.to_string()];
                    while let Some(TokenTree::Ident(next)) = tokens.get(at + 3)
                        && is_punct(&tokens[at + 1], ':')
                        && is_punct(&tokens[at + 2], ':')
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    if !is_member {
                        self.mention(path, first.span().start().line, How::InPlace);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn define(&mut self, name: &Ident) {
        if self.depth == 0 {
            self.module().items.insert(name.to_string());
        }
    }

    fn read_module(&mut self, module: &syn::ItemMod) {
        let name = join(&self.current, &module.ident.to_string());
        if is_only_in_tests(&module.attrs) {
            self.only_in_tests.push(name);
            return;
        }
        let Some((_, items)) = &module.content else { return };
        let outer = std::mem::replace(&mut self.current, name);
        let file = self.file.clone();
        self.module().file = file;
        items.iter().for_each(|item| self.visit_item(item));
        self.current = outer;
    }
}

fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Mod(module) = item {
            return self.read_module(module);
        }
        if is_only_in_tests(attributes_of(item)) {
            return;
        }
        match item {
            Item::Use(item) => {
                let how = if matches!(item.vis, Visibility::Inherited) { How::Import } else { How::Reexport };
                return self.read_use(&item.tree, &mut Path::new(), how);
            }
            Item::ExternCrate(item) => {
                return self.mention(vec![item.ident.to_string()], item.ident.span().start().line, How::Import);
            }
            Item::Const(item) => self.define(&item.ident),
            Item::Enum(item) => self.define(&item.ident),
            Item::Fn(item) => self.define(&item.sig.ident),
            Item::Static(item) => self.define(&item.ident),
            Item::Struct(item) => self.define(&item.ident),
            Item::Trait(item) => self.define(&item.ident),
            Item::Type(item) => self.define(&item.ident),
            Item::Union(item) => self.define(&item.ident),
            Item::Macro(item) => item.ident.iter().for_each(|name| self.define(name)),
            _ => {}
        }
        self.depth += 1;
        visit::visit_item(self, item);
        self.depth -= 1;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => &[],
        };
        if !is_only_in_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_only_in_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        if !is_only_in_tests(&field.attrs) {
            visit::visit_field_value(self, field);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_only_in_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_expr(&mut self, expression: &'ast syn::Expr) {
        let attributes: &[Attribute] = match expression {
            syn::Expr::Await(expression) => &expression.attrs,
            syn::Expr::Block(expression) => &expression.attrs,
            syn::Expr::Call(expression) => &expression.attrs,
            syn::Expr::If(expression) => &expression.attrs,
            syn::Expr::MethodCall(expression) => &expression.attrs,
            _ => &[],
        };
        if !is_only_in_tests(attributes) {
            visit::visit_expr(self, expression);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
        self.mention(path.segments.iter().map(|segment| segment.ident.to_string()).collect(), line, How::InPlace);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            Meta::List(list) => {
                self.visit_path(&list.path);
                self.scan(list.tokens.clone());
            }
            Meta::Path(path) => self.visit_path(path),
            Meta::NameValue(_) => {}
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.module().literals.push(literal.value());
    }

    /// `pub(in crate::server)` says who may see an item, not what the item needs.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}
