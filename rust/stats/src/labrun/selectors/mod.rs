//! One file per rule; each learns a row at a time and decides when asked.

mod core;
mod five_day;
mod fixed;
mod hedge;
mod leader;
mod mix;
mod rolling;

use super::rule::Rule;
use super::track::Track;

/// One matured row (agents); zeros where the agent of that row is gone.
pub(in crate::labrun) struct Row<'a> {
    pub at: usize,
    /// Whether enough agents acted to score it.
    pub scored: bool,
    pub net: &'a [f64],
    pub x: &'a [f64],
    pub z: &'a [f64],
    pub acted: &'a [f64],
    /// 1 where the column's agent lived through it.
    pub here: &'a [f64],
}

/// What is known when a decision is taken.
pub(in crate::labrun) struct Known<'a> {
    pub day: usize,
    /// Whether the scores of this day are looked at.
    pub compared: bool,
    /// Known rows of each agent.
    pub age: &'a [usize],
    /// Who has enough known rows.
    pub aged: &'a [bool],
    /// Who of them acted in enough.
    pub ready: &'a [bool],
}

pub(in crate::labrun) trait Selector {
    /// The column is given to an agent without history.
    fn reset(&mut self, slot: usize);

    /// Takes one row; `age` counts it.
    fn fold(&mut self, row: &Row<'_>, age: &[usize]);

    /// Writes all weights, none negative and together at most 1, and what the agents are ranked by (NaN: not ranked)
    /// where that is looked at.
    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]);
}

pub(in crate::labrun) fn build(rule: &Rule, track: &Track<'_>) -> Box<dyn Selector> {
    let n = track.pool.agents;
    match rule {
        Rule::EqualWeight => Box::new(fixed::Fixed::all(n)),
        Rule::Fixed(agents) => Box::new(fixed::Fixed::these(n, agents)),
        Rule::Hindsight(k) => Box::new(fixed::Fixed::best(track, *k)),
        Rule::Leader(k) => Box::new(leader::Leader::new(n, *k)),
        Rule::FiveDayTop(k) => Box::new(five_day::FiveDay::top(n, *k)),
        Rule::FiveDayWeights => Box::new(five_day::FiveDay::proportional(n)),
        Rule::Quarterly => Box::new(rolling::Quarterly::new(n)),
        Rule::Rolling { window, k } => Box::new(rolling::Rolling::new(n, *window, *k)),
        Rule::Hedge { share } => Box::new(hedge::Hedge::new(n, *share)),
        Rule::EwSharpe(settings) => Box::new(core::Core::ew_sharpe(n, settings)),
        Rule::NormalScore(settings) => Box::new(core::Core::normal_score(n, settings)),
        Rule::Mix(settings) => Box::new(mix::Mix::new(n, settings)),
    }
}
