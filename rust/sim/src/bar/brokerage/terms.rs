use crate::bar::{BarConfig, Error, Sizing};

/// What happens after a margin call has closed everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCall {
    /// Later decisions are filled again.
    Liquidate,
    /// Nothing is ever traded again.
    Halt,
}

impl OnCall {
    /// Every choice with the name a config uses.
    pub const TABLE: [(&'static str, OnCall); 2] = [("liquidate", OnCall::Liquidate), ("halt", OnCall::Halt)];
}

/// What an account may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Long only, never overdrawn.
    Cash,
    /// Long and short, on borrowed money.
    Margin {
        /// Most Σ|value| over equity that a trade may lead to.
        max_gross: f64,
        /// Equity below this fraction of Σ|value| is a margin call.
        maintenance: f64,
        /// What follows a call.
        on_call: OnCall,
    },
}

/// What a broker charges, allows and limits beyond the cost of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Cash or margin.
    pub kind: Kind,
    /// Annual rate on cash that is no proceeds of shorts.
    pub lend: f64,
    /// Annual rate on borrowed cash.
    pub borrow: f64,
    /// Annual fee on the value of each short.
    pub short_fee: Vec<f64>,
    /// Distance of a weight from its target, in equity, below which nothing is traded.
    pub band: Vec<f64>,
    /// Smallest order in currency; closing a position is exempt.
    pub min_order: f64,
    /// Largest share of a bar's volume that one order may be.
    pub participation: f64,
    /// Largest Σ|x| / E of one bar.
    pub max_turnover: f64,
}

impl Terms {
    /// # Errors
    /// A number out of range, lengths that are not those of `config`, a sizing that these terms do not go with, or costs
    /// so high that leverage multiplies them beyond the whole value.
    pub fn check(&self, config: &BarConfig) -> Result<(), Error> {
        let refuse = |message: String| Err(Error::Config(message));
        if config.sizing == Sizing::FirstOrder && self.max_turnover.is_finite() {
            return refuse("max_turnover: expected no limit with sizing first_order".into());
        }
        for (name, list) in [("short_fee", &self.short_fee), ("band", &self.band)] {
            if list.len() != config.n() {
                return refuse(format!("{name}: expected {} entries, got {}", config.n(), list.len()));
            }
        }
        let finite = [("lend", self.lend), ("borrow", self.borrow), ("min_order", self.min_order)];
        let each =
            self.short_fee.iter().map(|&x| ("short_fee", x)).chain(self.band.iter().map(|&x| ("band", x)));
        for (name, x) in finite.into_iter().chain(each) {
            if !(x.is_finite() && x >= 0.0) {
                return refuse(format!("{name}: expected a finite number of at least 0, got {x}"));
            }
        }
        for (name, x) in [("participation", self.participation), ("max_turnover", self.max_turnover)] {
            if x.is_nan() || x <= 0.0 {
                return refuse(format!("{name}: expected a number above 0, got {x}"));
            }
        }
        let Kind::Margin { max_gross, maintenance, .. } = self.kind else { return Ok(()) };
        if !(max_gross.is_finite() && max_gross > 0.0) {
            return refuse(format!("max_gross: expected a positive number, got {max_gross}"));
        }
        if !(0.0..1.0).contains(&maintenance) || maintenance * max_gross >= 1.0 {
            return refuse(format!(
                "maintenance: expected at least 0 and below 1 / max_gross, got {maintenance} with {max_gross}"
            ));
        }
        self.check_rate(config.costs.highest_at(0.0))
    }

    /// The terms of one instrument.
    pub(in crate::bar) fn of_one(&self, i: usize) -> Self {
        Self { short_fee: vec![self.short_fee[i]], band: vec![self.band[i]], ..self.clone() }
    }

    /// Refuse a leverage that makes a rate of cost the whole value.
    pub(super) fn check_rate(&self, rate: f64) -> Result<(), Error> {
        match self.kind {
            Kind::Margin { max_gross, .. } if max_gross * rate >= 1.0 => Err(Error::Config(format!(
                "max_gross: expected below {} at these costs, got {max_gross}",
                1.0 / rate
            ))),
            _ => Ok(()),
        }
    }

    /// Refuse target weights that the account cannot hold. True if the row decides anything.
    ///
    /// # Errors
    /// An infinite weight, Σ|w| above `max_gross`; what `check_weights` says of a cash account.
    pub fn check_weights(&self, weights: &[f64]) -> Result<bool, Error> {
        let Kind::Margin { max_gross, .. } = self.kind else {
            return crate::bar::targets::check_weights(weights);
        };
        if let Some(i) = weights.iter().position(|w| w.is_infinite()) {
            return Err(Error::Order(format!("weight {} of instrument {i} is not finite", weights[i])));
        }
        let given = || weights.iter().filter(|w| !w.is_nan());
        let gross: f64 = given().map(|w| w.abs()).sum();
        if gross > max_gross + 1e-6 {
            return Err(Error::Order(format!(
                "weights are {gross} in size, more than max_gross {max_gross}"
            )));
        }
        Ok(given().next().is_some())
    }
}
