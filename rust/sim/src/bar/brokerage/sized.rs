//! Orders under every limit whose units were fixed at the decision.

use crate::bar::brokerage::order::{Orders, Standing};
use crate::bar::brokerage::{FeedRow, Kind, Terms};
use crate::bar::orders::Orders as SizedOrders;
use crate::bar::{BarConfig, DropReason, Dropped};

impl Orders {
    /// As `make`, of orders whose units were fixed at the decision.
    pub fn make_sized(
        &mut self,
        config: &BarConfig,
        terms: &Terms,
        at: &Standing<'_>,
        row: &FeedRow<'_>,
        sized: &mut SizedOrders,
        drops: &mut Vec<Dropped>,
    ) -> bool {
        self.clear(at);
        sized.ask(config, at.price, at.units, at.equity);
        let value = |i: usize| {
            let unpriced = sized.target[i].is_nan();
            if unpriced { f64::NAN } else { sized.asked_value(config, at.price, i) }
        };
        self.choose(config, terms, at, row, drops, value);
        let mut free = self.free.iter().peekable();
        for i in 0..at.price.len() {
            let is_free = free.next_if_eq(&&i).is_some();
            let most = if is_free { self.bounds[i] } else { [0.0; 2] };
            if sized.clip(config, i, most, at.units[i]) && is_free {
                drops.push(Dropped { instrument: i, reason: DropReason::VolumeCap });
            }
        }
        self.scale = settle(config, terms, at, sized);
        for &i in self.free.iter().filter(|&&i| sized.is_unaffordable(i)) {
            if !drops.iter().any(|drop| drop.instrument == i) {
                drops.push(Dropped { instrument: i, reason: DropReason::Unaffordable });
            }
        }
        let traded = |sized: &SizedOrders| -> f64 {
            self.free.iter().map(|&i| sized.value(config, at.price, i).abs()).sum()
        };
        let turnover = traded(sized) / at.equity;
        if turnover > terms.max_turnover {
            let share = terms.max_turnover / turnover;
            sized.ask_share(config, share, at.units);
            self.scale *= share * settle(config, terms, at, sized);
        }
        for &i in self.free.iter().filter(|&&i| sized.is_filled(i)) {
            self.x[i] = sized.value(config, at.price, i);
            self.after[i] = sized.held(config, i, at.units[i]);
            self.charged[i] = self.x[i];
        }
        self.is_affordable(config, terms, at)
    }
}

/// Fill what was asked for as far as cash or the gross allow; returns the scale.
fn settle(config: &BarConfig, terms: &Terms, at: &Standing<'_>, sized: &mut SizedOrders) -> f64 {
    match terms.kind {
        Kind::Cash => sized.pay(config, at.price, at.cash, at.equity),
        Kind::Margin { max_gross, .. } => {
            sized.lever(config, at.price, at.units, at.value, at.equity, max_gross)
        }
    }
}
