use pyo3::prelude::*;
use quantrl_sim::tick::policy::{Kind, Named, Native, TABLE};

use super::refused;
use crate::errors::config_error;

/// Name, whether it is a duration, default.
type Told = (&'static str, bool, i64);

/// Every native policy with its parameters.
#[pyfunction]
pub fn tick_policies() -> Vec<(&'static str, Vec<Told>)> {
    let told = |policy: &Named| {
        policy.parameters.iter().map(|p| (p.name, p.kind == Kind::Duration, p.default)).collect()
    };
    TABLE.iter().map(|policy| (policy.name, told(policy))).collect()
}

/// The policy of a name with one value a parameter.
///
/// # Errors
/// An unknown name or a value out of range.
pub fn build(name: &str, values: &[i64], instruments: usize) -> PyResult<Native> {
    let Some(named) = TABLE.iter().find(|policy| policy.name == name) else {
        let names: Vec<&str> = TABLE.iter().map(|policy| policy.name).collect();
        return Err(config_error(format!("policy: expected one of {}, got {name:?}", names.join(", "))));
    };
    named.build(values, instruments).map_err(refused)
}
