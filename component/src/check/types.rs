//! Compares a component's exports with the contract, by record and field.

use std::collections::BTreeSet;

use serde::Serialize;
use wit_parser::{
    Function, FunctionKind, Handle, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem,
};

/// A function of a component, compared with the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// The result of the comparison.
    pub state: Compared,
    /// Each difference from the contract.
    pub differences: Vec<String>,
}

/// The result of a comparison with the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// It is as the contract says.
    Fits,
    /// The contract has it, and the component does not.
    Missing,
    /// The two have other types.
    Differs,
    /// The contract does not have it. The host does not call it.
    Extra,
}

/// A world: of the contract, or of a component.
pub(super) type World<'a> = (&'a Resolve, WorldId);

/// Compares the exports of a component with those of the contract.
pub(super) fn exports(contract: World<'_>, found: World<'_>) -> Vec<Export> {
    let of = |(resolve, world): World<'_>| resolve.worlds[world].exports.clone();
    let (wanted, had) = (of(contract), of(found));
    let mut exports: Vec<_> = wanted
        .iter()
        .map(|(key, wanted)| {
            let name = contract.0.name_world_key(key);
            let had = had.get(key);
            let differences = had.map(|had| items(contract.0, found.0, &name, wanted, had));
            let state = match &differences {
                None => Compared::Missing,
                Some(differences) if differences.is_empty() => Compared::Fits,
                Some(_) => Compared::Differs,
            };
            Export {
                name,
                state,
                differences: differences.unwrap_or_default(),
            }
        })
        .collect();
    let extra = had.keys().filter(|key| !wanted.contains_key(*key));
    exports.extend(extra.map(|key| Export {
        name: found.0.name_world_key(key),
        state: Compared::Extra,
        differences: Vec::new(),
    }));
    exports
}

/// Compares the functions that a component imports of an interface with those that the contract has there.
pub(super) fn import(contract: World<'_>, found: World<'_>, name: &str) -> Vec<String> {
    let of = |(resolve, world): World<'_>| {
        let world = &resolve.worlds[world];
        let item = world.imports.iter().find_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => {
                let full = resolve.name_world_key(key);
                (full.split('@').next() == Some(name)).then_some(*id)
            }
            _ => None,
        });
        item.map(|id| resolve.interfaces[id].functions.clone())
    };
    let (Some(wanted), Some(had)) = (of(contract), of(found)) else {
        return Vec::new();
    };
    let mut differences = Vec::new();
    for (name, had) in &had {
        match wanted.get(name) {
            None => differences.push(format!("the contract has no function '{name}' there")),
            Some(wanted) => {
                differences.extend(functions(contract.0, found.0, name, wanted, had));
            }
        }
    }
    differences
}

fn items(
    contract: &Resolve,
    found: &Resolve,
    name: &str,
    wanted: &WorldItem,
    had: &WorldItem,
) -> Vec<String> {
    match (wanted, had) {
        (WorldItem::Function(wanted), WorldItem::Function(had)) => {
            functions(contract, found, name, wanted, had)
        }
        _ => vec![format!("'{name}' must be a function")],
    }
}

fn functions(
    contract: &Resolve,
    found: &Resolve,
    name: &str,
    wanted: &Function,
    had: &Function,
) -> Vec<String> {
    let mut both = Both {
        contract,
        found,
        seen: BTreeSet::new(),
        differences: Vec::new(),
    };
    if matches!(had.kind, FunctionKind::AsyncFreestanding) {
        both.say(format!(
            "'{name}' is async, and the host calls functions that are not"
        ));
    }
    if wanted.params.len() == had.params.len() {
        for (wanted, had) in wanted.params.iter().zip(&had.params) {
            let place = format!("the parameter '{}' of '{name}'", wanted.name);
            both.types(&place, &wanted.ty, &had.ty);
        }
    } else {
        both.say(format!(
            "'{name}' has {} parameters, and the contract has {}",
            had.params.len(),
            wanted.params.len()
        ));
    }
    both.optional(
        &format!("the result of '{name}'"),
        wanted.result.as_ref(),
        had.result.as_ref(),
    );
    both.differences
}

/// The two sides of a comparison.
struct Both<'a> {
    contract: &'a Resolve,
    found: &'a Resolve,
    /// Types of the contract that were compared, so that a record that occurs often is reported once.
    seen: BTreeSet<(TypeId, TypeId)>,
    differences: Vec<String>,
}

impl Both<'_> {
    fn say(&mut self, difference: String) {
        self.differences.push(difference);
    }

    fn other(&mut self, place: &str, wanted: &str, had: &str) {
        self.say(format!(
            "{place}: the contract has {wanted}, the component {had}"
        ));
    }

    fn optional(&mut self, place: &str, wanted: Option<&Type>, had: Option<&Type>) {
        match (wanted, had) {
            (Some(wanted), Some(had)) => self.types(place, wanted, had),
            (None, None) => {}
            (wanted, had) => {
                let wanted = wanted.map_or("nothing".to_owned(), |ty| shown(self.contract, ty));
                let had = had.map_or("nothing".to_owned(), |ty| shown(self.found, ty));
                self.other(place, &wanted, &had);
            }
        }
    }

    fn types(&mut self, place: &str, wanted: &Type, had: &Type) {
        let (wanted, had) = (behind(self.contract, wanted), behind(self.found, had));
        let (Type::Id(wanted_id), Type::Id(had_id)) = (wanted, had) else {
            if wanted != had {
                let (wanted, had) = (shown(self.contract, &wanted), shown(self.found, &had));
                self.other(place, &wanted, &had);
            }
            return;
        };
        if !self.seen.insert((wanted_id, had_id)) {
            return;
        }
        let (contract, found) = (self.contract, self.found);
        match (&contract.types[wanted_id].kind, &found.types[had_id].kind) {
            (TypeDefKind::Record(a), TypeDefKind::Record(b)) => {
                let place = Self::named("record", contract, wanted_id, place);
                let a = a.fields.iter().map(|one| (&*one.name, Some(&one.ty)));
                let b = b.fields.iter().map(|one| (&*one.name, Some(&one.ty)));
                self.members(
                    &place,
                    "field",
                    &a.collect::<Vec<_>>(),
                    &b.collect::<Vec<_>>(),
                );
            }
            (TypeDefKind::Variant(a), TypeDefKind::Variant(b)) => {
                let place = Self::named("variant", contract, wanted_id, place);
                let a = a.cases.iter().map(|one| (&*one.name, one.ty.as_ref()));
                let b = b.cases.iter().map(|one| (&*one.name, one.ty.as_ref()));
                self.members(
                    &place,
                    "case",
                    &a.collect::<Vec<_>>(),
                    &b.collect::<Vec<_>>(),
                );
            }
            (TypeDefKind::Enum(a), TypeDefKind::Enum(b)) => {
                let place = Self::named("enum", contract, wanted_id, place);
                let a = a.cases.iter().map(|one| (&*one.name, None));
                let b = b.cases.iter().map(|one| (&*one.name, None));
                self.members(
                    &place,
                    "case",
                    &a.collect::<Vec<_>>(),
                    &b.collect::<Vec<_>>(),
                );
            }
            (TypeDefKind::Flags(a), TypeDefKind::Flags(b)) => {
                let place = Self::named("flags", contract, wanted_id, place);
                let a = a.flags.iter().map(|one| (&*one.name, None));
                let b = b.flags.iter().map(|one| (&*one.name, None));
                self.members(
                    &place,
                    "flag",
                    &a.collect::<Vec<_>>(),
                    &b.collect::<Vec<_>>(),
                );
            }
            (TypeDefKind::Tuple(a), TypeDefKind::Tuple(b)) if a.types.len() == b.types.len() => {
                for (a, b) in a.types.iter().zip(&b.types) {
                    self.types(place, a, b);
                }
            }
            (TypeDefKind::Option(a), TypeDefKind::Option(b))
            | (TypeDefKind::List(a), TypeDefKind::List(b)) => self.types(place, a, b),
            (TypeDefKind::Result(a), TypeDefKind::Result(b)) => {
                self.optional(place, a.ok.as_ref(), b.ok.as_ref());
                self.optional(place, a.err.as_ref(), b.err.as_ref());
            }
            _ => {
                let (wanted, had) = (shown(contract, &wanted), shown(found, &had));
                self.other(place, &wanted, &had);
            }
        }
    }

    fn named(kind: &str, contract: &Resolve, id: TypeId, place: &str) -> String {
        match &contract.types[id].name {
            Some(name) => format!("{kind} '{name}'"),
            None => format!("{place}, a {kind}"),
        }
    }

    /// Compares the fields or cases of a type. Their order counts too.
    fn members(
        &mut self,
        place: &str,
        member: &str,
        wanted: &[(&str, Option<&Type>)],
        had: &[(&str, Option<&Type>)],
    ) {
        let before = self.differences.len();
        for (name, _) in wanted {
            if !had.iter().any(|(other, _)| other == name) {
                self.say(format!("{place} lacks the {member} '{name}'"));
            }
        }
        for (name, _) in had {
            if !wanted.iter().any(|(other, _)| other == name) {
                self.say(format!(
                    "{place} has the {member} '{name}', which the contract does not have"
                ));
            }
        }
        let same = |a: &[(&str, Option<&Type>)], b: &[(&str, Option<&Type>)]| {
            a.iter().map(|one| one.0).eq(b.iter().map(|one| one.0))
        };
        if before == self.differences.len() && !same(wanted, had) {
            self.say(format!("{place} has its {member}s in another order"));
        }
        for (name, wanted) in wanted {
            if let Some((_, had)) = had.iter().find(|(other, _)| other == name) {
                let place = format!("{place}, {member} '{name}'");
                self.optional(&place, *wanted, *had);
            }
        }
    }
}

/// Returns the type behind aliases.
fn behind(resolve: &Resolve, ty: &Type) -> Type {
    let mut ty = *ty;
    while let Type::Id(id) = ty
        && let TypeDefKind::Type(next) = &resolve.types[id].kind
    {
        ty = *next;
    }
    ty
}

/// Returns a type as WIT writes it.
fn shown(resolve: &Resolve, ty: &Type) -> String {
    let shown = |ty: &Type| shown(resolve, ty);
    let optional = |ty: Option<&Type>| ty.map_or("_".to_owned(), shown);
    let id = match ty {
        Type::Id(id) => *id,
        Type::Bool => return "bool".to_owned(),
        Type::U8 => return "u8".to_owned(),
        Type::U16 => return "u16".to_owned(),
        Type::U32 => return "u32".to_owned(),
        Type::U64 => return "u64".to_owned(),
        Type::S8 => return "s8".to_owned(),
        Type::S16 => return "s16".to_owned(),
        Type::S32 => return "s32".to_owned(),
        Type::S64 => return "s64".to_owned(),
        Type::F32 => return "f32".to_owned(),
        Type::F64 => return "f64".to_owned(),
        Type::Char => return "char".to_owned(),
        Type::String => return "string".to_owned(),
        Type::ErrorContext => return "error-context".to_owned(),
    };
    let definition = &resolve.types[id];
    if let Some(name) = &definition.name {
        return format!("{} '{name}'", definition.kind.as_str());
    }
    match &definition.kind {
        TypeDefKind::Option(ty) => format!("option<{}>", shown(ty)),
        TypeDefKind::List(ty) => format!("list<{}>", shown(ty)),
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<_> = tuple.types.iter().map(shown).collect();
            format!("tuple<{}>", types.join(", "))
        }
        TypeDefKind::Result(result) => {
            let (ok, err) = (optional(result.ok.as_ref()), optional(result.err.as_ref()));
            format!("result<{ok}, {err}>")
        }
        TypeDefKind::Handle(Handle::Own(id)) => shown(&Type::Id(*id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", shown(&Type::Id(*id))),
        TypeDefKind::Future(ty) => format!("future<{}>", optional(ty.as_ref())),
        TypeDefKind::Stream(ty) => format!("stream<{}>", optional(ty.as_ref())),
        kind => kind.as_str().to_owned(),
    }
}
