use super::core::{guarded, keys};
use super::{Known, Row, Selector};
use crate::labrun::evidence::{Evidence, Posterior};
use crate::labrun::gates::Gates;
use crate::labrun::rule::Settings;
use crate::labrun::top::Slots;
use crate::labrun::{FIRST, TARGET};

const HALF_LIVES: [f64; 4] = [63.0, 126.0, 252.0, f64::INFINITY];
const RATE: f64 = 0.3;
const CLIP: f64 = 4.0;
const SHARE: f64 = 1.0 / 252.0;

/// One half-life with the paper book it would hold.
struct Expert {
    evidence: Evidence,
    slots: Slots,
    posterior: Posterior,
    weight: f64,
}

/// Half-lives weighted by what their books earned: follow the leading history, Hazan and Seshadhri (2009).
pub(super) struct Mix {
    settings: Settings,
    experts: Vec<Expert>,
    gates: Gates,
    slots: Slots,
    posterior: Posterior,
    key: Vec<f64>,
    values: Vec<f64>,
    before: Vec<bool>,
}

impl Mix {
    pub fn new(n: usize, settings: &Settings) -> Self {
        let expert = |half_life: f64| Expert {
            evidence: Evidence::new(n, half_life),
            slots: Slots::new(n, settings.k),
            posterior: Posterior::new(n),
            weight: 1.0 / HALF_LIVES.len() as f64,
        };
        Self {
            settings: *settings,
            experts: HALF_LIVES.map(expert).into(),
            gates: Gates::new(n, settings),
            slots: Slots::new(n, settings.k),
            posterior: Posterior::new(n),
            key: vec![0.0; n],
            values: vec![0.0; n],
            before: vec![false; n],
        }
    }

    /// w grows with e^(0.3 u), u the book's return in units of half the target volatility; then a share is spread.
    fn reward(&mut self, row: &Row<'_>) {
        let mut total = 0.0;
        for expert in &mut self.experts {
            let earned: f64 = expert.slots.chosen().iter().map(|&i| row.x[i]).sum();
            let book = earned / expert.slots.k as f64;
            expert.weight *= libm::exp(RATE * (book / (TARGET / 2.0)).clamp(-CLIP, CLIP));
            total += expert.weight;
        }
        let spread = SHARE / HALF_LIVES.len() as f64;
        self.experts.iter_mut().for_each(|e| e.weight = (1.0 - SHARE) * e.weight / total + spread);
    }
}

impl Selector for Mix {
    fn reset(&mut self, slot: usize) {
        for expert in &mut self.experts {
            expert.evidence.reset(slot);
            expert.slots.drop(slot);
        }
        self.gates.reset(slot);
        self.slots.drop(slot);
    }

    fn fold(&mut self, row: &Row<'_>, age: &[usize]) {
        if row.at >= FIRST {
            self.reward(row);
        }
        self.gates.fold(row, age, &self.slots.held);
        for expert in &mut self.experts {
            if row.scored {
                guarded(&expert.evidence, row, self.settings.guard, &mut self.values);
                expert.evidence.fold(&self.values, row.acted, row.here);
            } else {
                expert.evidence.fade();
            }
        }
    }

    fn decide(&mut self, now: &Known<'_>, weights: &mut [f64], score: &mut [f64]) {
        self.posterior.mean.fill(0.0);
        self.posterior.sd.fill(0.0);
        for expert in &mut self.experts {
            expert.evidence.posterior(now.ready, true, &mut expert.posterior);
            keys(&expert.posterior, &expert.slots.held, self.settings.hysteresis, &mut self.key);
            expert.slots.fill(&self.key);
            for i in 0..self.key.len() {
                self.posterior.mean[i] += expert.weight * expert.posterior.mean[i];
                self.posterior.sd[i] += expert.weight * expert.posterior.sd[i];
            }
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
