//! All plans with the tables that they share, read as one: whole, or not at all.

use super::numbers::Numbers;
use super::parse::read;
use super::plan::Plan;
use crate::model::{PlanId, Time};
use crate::rows::Faults;
use smol_str::{SmolStr, format_smolstr};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// Tables that all plans share, by the names of their files.
const SHARED: [&str; 4] = ["zones.toml", "networks.csv", "prefixes.csv", "ported.csv"];

/// How the name of a price list in JSON ends.
pub(super) const JSON: &str = ".json";

/// How the names of price lists end.
const LISTS: [&str; 2] = [".csv", JSON];

/// An immutable set of plans: a change makes another, so that nobody who prices waits for it.
#[derive(Clone, Debug, Default)]
pub struct Tariffs {
    /// Each plan's versions with the names of their files, the one that is valid last first.
    plans: HashMap<PlanId, Vec<(SmolStr, Arc<Plan>)>>,
    idle: Vec<SmolStr>,
}

/// A fault of one of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TariffFault {
    /// The file's name.
    pub file: SmolStr,
    /// The line it stands on, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a set was refused: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TariffError {
    /// The faults by file and line; at least one, at most 50 a file.
    pub faults: Vec<TariffFault>,
}

impl fmt::Display for TariffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.faults.iter().enumerate().try_for_each(|(i, fault)| {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{}: {}", fault.file, fault.line, fault.message)
        })
    }
}

impl std::error::Error for TariffError {}

impl Tariffs {
    /// Reads a set of files by name: `zones.toml`, `networks.csv`, `prefixes.csv` and `ported.csv` say what is known of
    /// numbers, any other `.csv` and every `.json` is a table of prices that a plan names, and everything else is a plan.
    ///
    /// # Errors
    /// [`TariffError`] with every fault of every file; a set with a fault is refused whole.
    pub fn parse(files: &BTreeMap<&str, &str>) -> Result<Self, TariffError> {
        let mut faults = Vec::new();
        let numbers = Arc::new(numbers(files, &mut faults));
        let mut set = Self::default();
        let mut tables: Vec<&str> = Vec::new();
        let mut names: HashMap<PlanId, Vec<(SmolStr, Arc<Plan>)>> = HashMap::new();
        for (name, text) in files.iter().filter(|(name, _)| is_plan(name)) {
            let table = |table: &str| {
                files
                    .get_key_value(table)
                    .filter(|(name, _)| is_price_list(name))
                    .map(|(name, text)| (*name, *text))
            };
            let (plan, texts) = read(text, &numbers, table);
            note(name, texts.own, &mut faults);
            if let Some((table, found)) = texts.bulk {
                tables.push(table);
                note(table, found, &mut faults);
            }
            if let Some(plan) = plan {
                names.entry(plan.id.clone()).or_default().push((SmolStr::new(name), Arc::new(plan)));
            }
        }
        let idle = files.keys().filter(|name| is_price_list(name) && !tables.contains(name));
        set.idle = idle.map(SmolStr::new).collect();
        for (id, versions) in names {
            let versions = in_order(&id, versions, &mut faults);
            set.plans.insert(id, versions);
        }
        if faults.is_empty() {
            return Ok(set);
        }
        faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        faults.dedup();
        Err(TariffError { faults })
    }

    /// The version of a plan that is valid at that moment.
    #[must_use]
    pub fn plan(&self, id: &PlanId, at: Time) -> Option<&Arc<Plan>> {
        self.plans.get(id)?.iter().map(|(_, plan)| plan).find(|plan| plan.is_valid(at))
    }

    /// A plan whose id is known, valid or not: its currency never changes.
    #[must_use]
    pub fn any_version(&self, id: &PlanId) -> Option<&Arc<Plan>> {
        self.plans.get(id)?.first().map(|(_, plan)| plan)
    }

    /// All versions of all plans with the names of their files, by name.
    #[must_use]
    pub fn all(&self) -> Vec<&(SmolStr, Arc<Plan>)> {
        let mut all: Vec<_> = self.plans.values().flatten().collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }

    /// Tables of prices that no plan names: harmless, and mostly a slip.
    #[must_use]
    pub fn idle_tables(&self) -> &[SmolStr] {
        &self.idle
    }

    /// The name under which a plan is kept beside others: its id, and for a version with a date its version.
    #[must_use]
    pub fn name_of(plan: &Plan) -> SmolStr {
        match plan.valid_from {
            Some(_) => format_smolstr!("{}@{}", plan.id, plan.version),
            None => SmolStr::new(plan.id.as_str()),
        }
    }
}

/// True for the name of a table that all plans share.
fn is_shared(name: &str) -> bool {
    SHARED.contains(&name)
}

fn is_price_list(name: &str) -> bool {
    !is_shared(name) && LISTS.iter().any(|end| name.ends_with(end))
}

fn is_plan(name: &str) -> bool {
    !is_shared(name) && !is_price_list(name)
}

/// What the shared tables say of numbers.
fn numbers(files: &BTreeMap<&str, &str>, faults: &mut Vec<TariffFault>) -> Numbers {
    let mut numbers = Numbers::default();
    let readers: [fn(&mut Numbers, &str, &mut Faults); 4] =
        [Numbers::read_zones, Numbers::read_networks, Numbers::read_prefixes, Numbers::read_ported];
    for (name, read) in SHARED.into_iter().zip(readers) {
        if let Some(text) = files.get(name) {
            let mut found = Faults::new(text);
            read(&mut numbers, text, &mut found);
            note(name, found, faults);
        }
    }
    numbers
}

fn note(file: &str, found: Faults, faults: &mut Vec<TariffFault>) {
    let file = SmolStr::new(file);
    faults.extend(found.list.into_iter().map(|fault| TariffFault {
        file: file.clone(),
        line: fault.line,
        message: fault.message,
    }));
}

/// The versions of a plan, the last one first, each valid until the next begins.
fn in_order(
    id: &PlanId,
    mut versions: Vec<(SmolStr, Arc<Plan>)>,
    faults: &mut Vec<TariffFault>,
) -> Vec<(SmolStr, Arc<Plan>)> {
    versions.sort_by(|(a_name, a), (b_name, b)| (a.valid_from, a_name).cmp(&(b.valid_from, b_name)));
    for pair in versions.windows(2) {
        let [(first, earlier), (second, later)] = pair else { continue };
        let mut fault = |message: String| faults.push(TariffFault { file: second.clone(), line: 1, message });
        if earlier.valid_from == later.valid_from {
            fault(format!(
                "the plan `{id}` of {first} begins at the same time: give one another `valid_from`"
            ));
        }
        if earlier.version == later.version {
            fault(format!("the plan `{id}` of {first} has the same version {}: count it up", later.version));
        }
        if earlier.currency != later.currency {
            fault(format!(
                "the plan `{id}` of {first} is in {}: a plan keeps its currency",
                earlier.currency
            ));
        }
    }
    versions.reverse();
    let mut next = None;
    for (_, plan) in &mut versions {
        if next.is_some() {
            let own = plan.valid_to;
            Arc::make_mut(plan).valid_to = own.into_iter().chain(next).min();
        }
        next = plan.valid_from;
    }
    versions
}
