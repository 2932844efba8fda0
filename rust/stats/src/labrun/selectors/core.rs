use super::{Known, Row, Selector};
use crate::labrun::evidence::{Evidence, Posterior};
use crate::labrun::gates::Gates;
use crate::labrun::rule::Settings;
use crate::labrun::top::Slots;

#[derive(Clone, Copy, PartialEq)]
enum Value {
    Scores,
    Returns,
}

/// Decayed evidence, shrunken, behind gates, with a bonus for whom is funded: the default engine and its relatives.
pub(super) struct Core {
    value: Value,
    settings: Settings,
    evidence: Evidence,
    gates: Gates,
    slots: Slots,
    posterior: Posterior,
    key: Vec<f64>,
    guarded: Vec<f64>,
    before: Vec<bool>,
}

impl Core {
    pub fn normal_score(n: usize, settings: &Settings) -> Self {
        Self::new(n, settings, Value::Scores)
    }

    pub fn ew_sharpe(n: usize, settings: &Settings) -> Self {
        Self::new(n, settings, Value::Returns)
    }

    fn new(n: usize, settings: &Settings, value: Value) -> Self {
        Self {
            value,
            settings: *settings,
            evidence: Evidence::new(n, settings.half_life),
            gates: Gates::new(n, settings),
            slots: Slots::new(n, settings.k),
            posterior: Posterior::new(n),
            key: vec![0.0; n],
            guarded: vec![0.0; n],
            before: vec![false; n],
        }
    }
}

impl Selector for Core {
    fn reset(&mut self, slot: usize) {
        self.evidence.reset(slot);
        self.gates.reset(slot);
        self.slots.drop(slot);
    }

    fn fold(&mut self, row: &Row<'_>, age: &[usize]) {
        self.gates.fold(row, age, &self.slots.held);
        match self.value {
            Value::Returns => self.evidence.fold(row.x, row.here, row.here),
            Value::Scores if !row.scored => self.evidence.fade(),
            Value::Scores => {
                guarded(&self.evidence, row, self.settings.guard, &mut self.guarded);
                self.evidence.fold(&self.guarded, row.acted, row.here);
            }
        }
    }

    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]) {
        // Returns have a value on every day, scores only where an agent acted.
        match self.value {
            Value::Scores => self.evidence.posterior(now.ready, true, &mut self.posterior),
            Value::Returns => self.evidence.posterior(now.aged, false, &mut self.posterior),
        }
        if now.compared {
            score.copy_from_slice(&self.posterior.mean);
        }
        keys(&self.posterior, &self.slots.held, self.settings.hysteresis, &mut self.key);
        self.gates.close(now, &self.slots.held, &mut self.key);
        self.before.copy_from_slice(&self.slots.held);
        self.slots.fill(&self.key);
        self.gates.settle(&self.before, &self.slots.held);
        self.slots.write(weights);
    }
}

/// Scores of a row, losses beyond the guard at their size.
pub(super) fn guarded(evidence: &Evidence, row: &Row<'_>, guard: bool, out: &mut [f64]) {
    out.copy_from_slice(row.z);
    if guard {
        for i in (0..out.len()).filter(|&i| row.acted[i] > 0.0) {
            out[i] = evidence.guarded(i, out[i], row.x[i]);
        }
    }
}

/// mean + bonus sd for whom is funded.
pub(super) fn keys(posterior: &Posterior, held: &[bool], hysteresis: f64, key: &mut [f64]) {
    for i in 0..key.len() {
        let bonus = if held[i] { hysteresis * posterior.sd[i] } else { 0.0 };
        key[i] = posterior.mean[i] + bonus;
    }
}
