use std::collections::HashMap;
use std::path::Path;

use crate::Error;
use crate::policy::file::{self, WEIGHTS, refuse};
use crate::policy::plan::{self, Plan};
use crate::policy::reading::{MarketTable, Reader, normalise};
use crate::policy::run::Machine;
use crate::policy::spec::Spec;
use crate::policy::weights::{self, Tensor};
use crate::portfolio::N_STATS;

/// Values of observations run together, in numbers: they stay in a core's cache.
const TOGETHER: usize = 1 << 18;

/// A trained policy: deterministic actions from observations.
#[derive(Debug)]
pub struct Policy {
    spec: Spec,
    weights: HashMap<String, Tensor>,
    plan: Plan,
}

impl Policy {
    /// Read a folder. O(size of the files).
    ///
    /// # Errors
    /// A file that is missing, changed, too large or of another format; an operation that does not fit.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let (json, numbers) = file::read(folder)?;
        Self::parse(json, &numbers)
    }

    /// From the bytes of both files.
    ///
    /// # Errors
    /// As `load`.
    pub fn parse(json: Vec<u8>, numbers: &[u8]) -> Result<Self, Error> {
        let spec = Spec::parse(json)?;
        let found = file::sha256(numbers);
        if found != spec.sha256 {
            return Err(refuse("sha256", format!("expected {} of {WEIGHTS}, got {found}", spec.sha256)));
        }
        let weights = weights::parse(numbers)?;
        let plan = Plan::of(&spec.ops, Reader::shapes(&spec.layout, spec.layout.assets), &weights)?;
        let used = plan::used(&spec.ops);
        if let Some(idle) = weights.keys().find(|name| !used.contains(name.as_str())) {
            return Err(refuse(WEIGHTS, format!("tensor {idle:?} belongs to no operation")));
        }
        Ok(Self { spec, weights, plan })
    }

    /// What the policy says of itself.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The same policy on other names, all of them seen: for one that was trained on names drawn anew.
    ///
    /// # Errors
    /// Operations that fix another number of names.
    pub fn over(&self, n_assets: usize) -> Result<Self, Error> {
        let mut spec = self.spec.clone();
        (spec.layout.assets, spec.layout.ids) = (n_assets, false);
        let plan =
            Plan::of(&spec.ops, Reader::shapes(&spec.layout, n_assets), &self.weights).map_err(|error| {
                refuse("n_assets", format!("{n_assets} names do not fit this network: {error}"))
            })?;
        Ok(Self { spec, weights: self.weights.clone(), plan })
    }

    /// Actions (B, K + 1) of observations (B, D), within the bounds.
    ///
    /// # Errors
    /// As `Reader::read`, with the row of the observation.
    pub fn act(&self, obs: &[f32], table: Option<&MarketTable>) -> Result<Vec<f32>, Error> {
        let (size, actions) = (self.spec.layout.size(), self.spec.layout.assets + 1);
        let reader = Reader { layout: &self.spec.layout, norm: self.spec.norm, table };
        let rows = obs.len() / size;
        let together = (TOGETHER / self.plan.numbers).clamp(1, rows.max(1));
        let mut machine = Machine::new(&self.plan, &self.weights, together);
        let mut result = Vec::with_capacity(rows * actions);
        for (chunk, some) in obs.chunks(size * together).enumerate() {
            let n = some.len() / size;
            if n < machine.len() {
                machine = Machine::new(&self.plan, &self.weights, n);
            }
            for (i, one) in some.chunks_exact(size).enumerate() {
                let row = chunk * together + i;
                reader.read(one, machine.reading(i)).map_err(|error| at_row(row, error))?;
            }
            result.extend(machine.run().iter().map(|&a| self.bounded(a)));
        }
        Ok(result)
    }

    /// The action (K + 1) on log prices (W, K, F), weights (K + 1) and s, for any K the operations allow.
    ///
    /// # Errors
    /// A shape that does not fit; a number that is not finite; operations that fix another K.
    pub fn act_window(&self, window: &[f32], weights: &[f32], stats: &[f32]) -> Result<Vec<f32>, Error> {
        let layout = &self.spec.layout;
        let k = weights.len().saturating_sub(1);
        if k == 0 || window.len() != layout.window * k * layout.features || stats.len() != N_STATS {
            let expected = format!("W = {}, F = {}, {N_STATS} stats", layout.window, layout.features);
            let got = format!("{} prices, {} weights, {} stats", window.len(), weights.len(), stats.len());
            return Err(refuse("window", format!("expected {expected} and K + 1 weights, got {got}")));
        }
        for (name, values) in [("window", window), ("weights", weights), ("stats", stats)] {
            if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                return Err(refuse(name, format!("expected finite numbers, number {at} is {}", values[at])));
            }
        }
        let other;
        let plan = if k == layout.assets {
            &self.plan
        } else {
            other = Plan::of(&self.spec.ops, Reader::shapes(layout, k), &self.weights)?;
            &other
        };
        let mut machine = Machine::new(plan, &self.weights, 1);
        let [prices, own, s] = machine.reading(0);
        normalise(window, self.spec.norm, k, layout.features, prices);
        own.copy_from_slice(weights);
        s.copy_from_slice(&stats[..s.len()]);
        Ok(machine.run().iter().map(|&a| self.bounded(a)).collect())
    }

    fn bounded(&self, action: f32) -> f32 {
        action.clamp(self.spec.bounds.0, self.spec.bounds.1)
    }
}

fn at_row(row: usize, error: Error) -> Error {
    match error {
        Error::Data(message) => Error::Data(format!("row {row}: {message}")),
        other => other,
    }
}
