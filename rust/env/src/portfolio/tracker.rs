use quantrl_sim::bar::Scratch;

use crate::Error;
use crate::portfolio::account::{Account, Bar};
use crate::portfolio::{N_STATS, Settings};

/// The statistics of an agent that sees its own weights and the prices, kept as its environment kept them.
#[derive(Clone, Debug)]
pub struct Tracker {
    settings: Settings,
    account: Account,
    scratch: Scratch,
    ones: Vec<f64>,
}

/// Weights closer than this to the drifted ones were not traded.
const UNTRADED: f64 = 1e-9;

impl Tracker {
    /// An account in cash, with the rules of `settings`.
    pub fn new(settings: Settings) -> Self {
        let (k, account) = (settings.assets(), Account::new(&settings));
        Self { settings, account, scratch: Scratch::new(k), ones: vec![1.0; k] }
    }

    /// One bar: relatives up to the fill point, from there to the close (empty where the fill is the close), and the
    /// weights held after it. What the prices do not explain was traded, at the cost of the settings.
    ///
    /// # Errors
    /// Another number of names.
    pub fn bar(&mut self, before: &[f64], after: &[f64], held: &[f64]) -> Result<(), Error> {
        let k = self.ones.len();
        if before.len() != k || held.len() != k || !(after.is_empty() || after.len() == k) {
            return Err(Error::Data(format!("tracker: expected {k} names, got {}", before.len())));
        }
        let at_fill = unwind(held, after);
        let mut drifted = self.account.weights.clone();
        drifted.drift(before, self.settings.growth);
        let traded = drifted.held().zip(&at_fill).any(|(a, b)| (a - b).abs() > UNTRADED);
        let bar = Bar {
            before,
            target: traded.then_some(&at_fill[..]),
            after: (!after.is_empty()).then_some(after),
        };
        self.account.bar(&self.settings, &self.settings.costs, &mut self.scratch, &self.ones, bar);
        Ok(())
    }

    /// The decision before is over.
    pub fn decided(&mut self) {
        self.account.decided(&self.settings);
    }

    /// Everything but the settings, little-endian.
    pub fn state(&self) -> Vec<u8> {
        self.account.words().into_iter().flat_map(u64::to_le_bytes).collect()
    }

    /// Go on where `state` was taken.
    ///
    /// # Errors
    /// A state of another number of names, or damaged; nothing has changed.
    pub fn restore(&mut self, state: &[u8]) -> Result<(), Error> {
        let (words, rest) = state.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(Error::Data(format!("tracker: expected whole words, got {} bytes", state.len())));
        }
        let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        self.account = Account::of_words(&words, self.ones.len())?;
        Ok(())
    }

    /// s of the next observation.
    pub fn stats(&self) -> [f32; N_STATS] {
        self.account.shown(&self.settings).map(|s| s as f32)
    }
}

/// Weights before prices moved by `after`.
fn unwind(held: &[f64], after: &[f64]) -> Vec<f64> {
    if after.is_empty() {
        return held.to_vec();
    }
    let cash = 1.0 - held.iter().sum::<f64>();
    let values: Vec<f64> = held.iter().zip(after).map(|(w, y)| w / y).collect();
    let total = cash + values.iter().sum::<f64>();
    values.iter().map(|v| v / total).collect()
}
