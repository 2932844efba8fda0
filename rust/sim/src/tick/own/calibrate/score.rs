use super::panel::Live;
use crate::tick::own::QueueModel;
use crate::tick::{NEVER, own::calibrate::HORIZONS};

/// How a model's fills compare with the true ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Judged.
    pub model: QueueModel,
    /// Mean squared difference of filled or not within each of `HORIZONS`, model against truth: a share of orders, as
    /// neither is a probability. NaN without orders.
    pub brier: [f64; 3],
    /// Share of orders that the model fills within each horizon.
    pub filled: [f64; 3],
    /// Median over the orders truly filled within the longest horizon of |model's time - true time|, ns; what the model does not fill
    /// counts as filled at the horizon. None without such orders.
    pub median_error: Option<i64>,
}

impl Score {
    /// Mean of the Brier scores.
    pub fn mean(&self) -> f64 {
        self.brier.iter().sum::<f64>() / 3.0
    }
}

/// Counts of one model.
#[derive(Clone, Debug, Default)]
struct Count {
    wrong: [u64; 3],
    filled: [u64; 3],
    errors: Vec<i64>,
}

/// Orders judged so far; the truth is the first count.
pub(super) struct Tally {
    counts: Vec<Count>,
    pub orders: [u64; 3],
}

impl Tally {
    pub fn new(models: usize) -> Self {
        Self { counts: vec![Count::default(); 1 + models], orders: [0; 3] }
    }

    /// An order seen until `known`: horizons beyond that say nothing.
    pub fn judge(&mut self, live: &Live, known: i64) {
        let within = |filled: i64, horizon| filled != NEVER && filled - live.joined <= horizon;
        for (h, horizon) in HORIZONS.into_iter().enumerate() {
            if known - live.joined < horizon {
                continue;
            }
            self.orders[h] += 1;
            let truth = within(live.filled[0], horizon);
            for (count, &filled) in self.counts.iter_mut().zip(&live.filled) {
                let said = within(filled, horizon);
                count.filled[h] += u64::from(said);
                count.wrong[h] += u64::from(said != truth);
            }
        }
        let longest = HORIZONS[2];
        if known - live.joined >= longest && within(live.filled[0], longest) {
            let took = |filled: i64| if within(filled, longest) { filled - live.joined } else { longest };
            let truth = took(live.filled[0]);
            for (count, &filled) in self.counts.iter_mut().zip(&live.filled) {
                count.errors.push((took(filled) - truth).abs());
            }
        }
    }

    /// Share of orders truly filled within each horizon.
    pub fn truth(&self) -> [f64; 3] {
        self.share(|h| self.counts[0].filled[h])
    }

    fn share(&self, of: impl Fn(usize) -> u64) -> [f64; 3] {
        std::array::from_fn(|h| of(h) as f64 / self.orders[h] as f64)
    }

    /// By mean Brier score, least first, then as given.
    pub fn scores(mut self, models: &[QueueModel]) -> Vec<Score> {
        let counts = std::mem::take(&mut self.counts);
        let mut scores: Vec<Score> = (models.iter().zip(counts.into_iter().skip(1)))
            .map(|(&model, mut count)| Score {
                model,
                brier: self.share(|h| count.wrong[h]),
                filled: self.share(|h| count.filled[h]),
                median_error: median(&mut count.errors),
            })
            .collect();
        scores.sort_by(|a, b| a.mean().total_cmp(&b.mean()));
        scores
    }
}

/// The lower of the two middle ones where their number is even.
fn median(values: &mut [i64]) -> Option<i64> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable(middle).1)
}
