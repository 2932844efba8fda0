//! The rules of matching as cases that any engine type can be run through: `rules/*.txt`, each line a message, the
//! reports it must cause and the whole depth after it. Every case also runs mirrored, bids for asks.

mod case;
mod script;

pub use case::{Case, Outcome};

use crate::ids::{Direct, Hash, Paged};
use crate::ladder::{BTreeLadder, VecLadder};

const SCRIPTS: [&str; 5] = [
    include_str!("rules/priority.txt"),
    include_str!("rules/lifetime.txt"),
    include_str!("rules/types.txt"),
    include_str!("rules/modify.txt"),
    include_str!("rules/owners.txt"),
];

/// Rules of the specification that this version does not implement.
pub const LATER: [&str; 3] = ["R23", "R24", "R25"];

/// Number of rules.
pub const RULES: usize = 28;

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every case held, for every ladder and id index, both sides.
    Pass {
        /// Cases, each run 12 times.
        cases: usize,
    },
    /// What the first failing case expected and got.
    Fail(String),
    /// Not in this version.
    Later,
}

/// Every case of every rule.
pub fn cases() -> Vec<Case> {
    SCRIPTS.iter().flat_map(|text| script::parse(text).expect("built-in scripts parse")).collect()
}

/// One case through 2 ladders, 3 id indexes and both sides. Their report bytes must be equal (R28).
///
/// # Errors
/// The first line that failed: expected and got.
pub fn check(case: &Case) -> Result<(), String> {
    for mirrored in [false, true] {
        let runs = [
            case.run::<VecLadder<u32>, Direct>(mirrored)?,
            case.run::<VecLadder<u32>, Paged>(mirrored)?,
            case.run::<VecLadder<u32>, Hash>(mirrored)?,
            case.run::<BTreeLadder<u32>, Direct>(mirrored)?,
            case.run::<BTreeLadder<u32>, Paged>(mirrored)?,
            case.run::<BTreeLadder<u32>, Hash>(mirrored)?,
        ];
        if let Some(odd) = runs.iter().position(|run| *run != runs[0]) {
            return Err(format!(
                "{}: engine {odd} and engine 0 differ in report bytes or state",
                case.name()
            ));
        }
    }
    Ok(())
}

/// Every rule with what became of it, R01 to R28. R28 is that all engines agree on all cases.
pub fn table() -> Vec<(String, Status)> {
    let results: Vec<_> = cases().into_iter().map(|case| (case.rule().to_owned(), check(&case))).collect();
    (1..=RULES).map(|n| format!("R{n:02}")).map(|rule| (rule.clone(), status(&rule, &results))).collect()
}

fn status(rule: &str, results: &[(String, Result<(), String>)]) -> Status {
    if LATER.contains(&rule) {
        return Status::Later;
    }
    let own: Vec<_> = results.iter().filter(|(of, _)| of == rule || rule == "R28").collect();
    match own.iter().find_map(|(_, result)| result.as_ref().err()) {
        Some(error) => Status::Fail(error.clone()),
        None if own.is_empty() => Status::Fail("no case".to_owned()),
        None => Status::Pass { cases: own.len() },
    }
}
