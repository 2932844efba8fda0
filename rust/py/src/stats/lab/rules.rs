//! Rules by name and numbers.

use std::collections::HashMap;

use pyo3::prelude::*;
use quantrl_stats::labrun::{Rule, Settings};

use crate::errors::config_error;

/// Name, numbers by name, agents of a fixed rule.
pub type Asked = (String, HashMap<String, f64>, Vec<usize>);

const NAMES: [&str; 12] = [
    "equal_weight",
    "fixed",
    "best_in_hindsight",
    "follow_the_leader",
    "five_day_top",
    "five_day_weights",
    "quarterly",
    "rolling_sharpe",
    "hedge",
    "ew_sharpe_eb",
    "normal_score_eb",
    "half_life_mix",
];
const MAX_WINDOW: f64 = 100_000.0;

/// Rules as asked for on pools of `agents`.
///
/// # Errors
/// An unknown name or number, one out of range, or no rule at all.
pub fn parse(asked: &[Asked], agents: usize) -> PyResult<Vec<Rule>> {
    if asked.is_empty() {
        return Err(config_error("rules: expected at least one"));
    }
    asked
        .iter()
        .map(|(name, numbers, fixed)| rule(name, Numbers::new(name, numbers), fixed, agents))
        .collect()
}

fn rule(name: &str, mut numbers: Numbers<'_>, fixed: &[usize], agents: usize) -> PyResult<Rule> {
    let found = match name {
        "equal_weight" => Rule::EqualWeight,
        "fixed" => {
            if fixed.is_empty() || fixed.iter().any(|&i| i >= agents) {
                return Err(config_error(format!(
                    "rule fixed: expected agents below {agents}, got {fixed:?}"
                )));
            }
            Rule::Fixed(fixed.to_vec())
        }
        "best_in_hindsight" => Rule::Hindsight(numbers.slots(5.0)?),
        "follow_the_leader" => Rule::Leader(numbers.slots(1.0)?),
        "five_day_top" => Rule::FiveDayTop(numbers.slots(3.0)?),
        "five_day_weights" => Rule::FiveDayWeights,
        "quarterly" => Rule::Quarterly,
        "rolling_sharpe" => {
            let window = numbers.take("window", 63.0, 63.0..=MAX_WINDOW)? as usize;
            Rule::Rolling { window, k: numbers.slots(5.0)? }
        }
        "hedge" => Rule::Hedge { share: numbers.take("share", 0.0, 0.0..=1.0)? },
        "ew_sharpe_eb" => Rule::EwSharpe(numbers.settings()?),
        "normal_score_eb" => Rule::NormalScore(numbers.settings()?),
        "half_life_mix" => Rule::Mix(numbers.settings()?),
        _ => {
            return Err(config_error(format!("rule: expected one of {}, got {name:?}", NAMES.join(", "))));
        }
    };
    numbers.finish().map(|()| found)
}

/// Numbers not yet used.
struct Numbers<'a> {
    rule: &'a str,
    left: HashMap<&'a str, f64>,
}

impl<'a> Numbers<'a> {
    fn new(rule: &'a str, given: &'a HashMap<String, f64>) -> Self {
        Self { rule, left: given.iter().map(|(name, value)| (name.as_str(), *value)).collect() }
    }

    fn take(&mut self, name: &str, otherwise: f64, range: std::ops::RangeInclusive<f64>) -> PyResult<f64> {
        let value = self.left.remove(name).unwrap_or(otherwise);
        if range.contains(&value) {
            return Ok(value);
        }
        let (low, high) = (range.start(), range.end());
        Err(config_error(format!("rule {}: {name}: expected {low} to {high}, got {value}", self.rule)))
    }

    fn slots(&mut self, otherwise: f64) -> PyResult<usize> {
        Ok(self.take("k", otherwise, 1.0..=4096.0)? as usize)
    }

    fn settings(&mut self) -> PyResult<Settings> {
        let core = Settings::CORE;
        Ok(Settings {
            k: self.slots(core.k as f64)?,
            hysteresis: self.take("hysteresis", core.hysteresis, 0.0..=100.0)?,
            half_life: self.take("half_life", core.half_life, f64::MIN_POSITIVE..=f64::INFINITY)?,
            guard: self.take("guard", 1.0, 0.0..=1.0)? > 0.0,
            psr_enter: self.take("psr_enter", core.psr_enter, 0.0..=1.0)?,
            psr_stay: self.take("psr_stay", core.psr_stay, 0.0..=1.0)?,
            cusum_cut: self.take("cusum_cut", core.cusum_cut, 0.0..=f64::INFINITY)?,
            copies: self.take("copies", core.copies, 0.0..=2.0)?,
        })
    }

    fn finish(self) -> PyResult<()> {
        match self.left.keys().min() {
            None => Ok(()),
            Some(name) => Err(config_error(format!("rule {}: unknown number {name:?}", self.rule))),
        }
    }
}
