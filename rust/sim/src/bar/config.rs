use crate::bar::Costs;
use std::fmt;

/// Where a decision is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The next bar's open.
    NextOpen,
    /// The next bar's (high + low + close) / 3.
    NextTypical,
    /// The next bar's close.
    NextClose,
    /// The close the decision was made on.
    Close,
}

impl Fill {
    /// Every fill with the name a config uses.
    pub const TABLE: [(&'static str, Fill); 4] = [
        ("next_open", Fill::NextOpen),
        ("next_typical", Fill::NextTypical),
        ("next_close", Fill::NextClose),
        ("close", Fill::Close),
    ];

    /// Filled at a price of its own, before the close marks the account.
    pub fn before_close(self) -> bool {
        matches!(self, Fill::NextOpen | Fill::NextTypical)
    }

    /// Filled on the bar it was decided on.
    pub fn same_bar(self) -> bool {
        self == Fill::Close
    }
}

/// What a target weight is a fraction of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizing {
    /// Equity after the cost of this trade: b + C(b) = E.
    PostCost,
    /// Equity before it: b = E.
    PreCost,
    /// Equity less the cost of trading at E: b = E - C(E), charging C(E).
    FirstOrder,
}

impl Sizing {
    /// Every sizing with the name a config uses.
    pub const TABLE: [(&'static str, Sizing); 3] =
        [("post_cost", Sizing::PostCost), ("pre_cost", Sizing::PreCost), ("first_order", Sizing::FirstOrder)];
}

/// When the size of an order is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeAt {
    /// At the fill: weights of the equity there.
    Fill,
    /// At the decision: units of the equity and the prices known then, as a live order has them.
    Decision,
}

impl SizeAt {
    /// Every choice with the name a config uses.
    pub const TABLE: [(&'static str, SizeAt); 2] = [("fill", SizeAt::Fill), ("decision", SizeAt::Decision)];
}

/// Settings of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct BarConfig {
    /// When decisions are filled.
    pub fill: Fill,
    /// What weights are fractions of.
    pub sizing: Sizing,
    /// What trading costs.
    pub costs: Costs,
    /// Currency at the start.
    pub initial_cash: f64,
    /// When orders get their size.
    pub size_at: SizeAt,
    /// Smallest order of each instrument in units, 0 for any; empty where sizes are fixed at the fill, without lots.
    pub lot: Vec<f64>,
}

impl BarConfig {
    /// # Errors
    /// `initial_cash` is not a positive finite number.
    pub fn new(fill: Fill, sizing: Sizing, costs: Costs, initial_cash: f64) -> Result<Self, Error> {
        if !(initial_cash.is_finite() && initial_cash > 0.0) {
            return Err(Error::Config(format!(
                "initial_cash: expected a positive number, got {initial_cash}"
            )));
        }
        Ok(Self { fill, sizing, costs, initial_cash, size_at: SizeAt::Fill, lot: Vec::new() })
    }

    /// Orders get their size at the decision: w E / price.
    ///
    /// # Errors
    /// A sizing other than `PreCost`.
    pub fn sized_at_decision(self) -> Result<Self, Error> {
        if self.sizing != Sizing::PreCost {
            return Err(Error::Config(
                "sizing: expected pre_cost with size_at decision, whose weights are fractions of the equity then".into(),
            ));
        }
        Ok(Self { size_at: SizeAt::Decision, lot: vec![0.0; self.n()], ..self })
    }

    /// Positions are whole lots, cut toward zero.
    ///
    /// # Errors
    /// Another number of lots than instruments, a negative or infinite lot, or lots with `FirstOrder`.
    pub fn in_lots(self, lot: &[f64]) -> Result<Self, Error> {
        if lot.len() != self.n() {
            return Err(Error::Config(format!("lot: expected {} entries, got {}", self.n(), lot.len())));
        }
        if let Some(bad) = lot.iter().find(|lot| !(lot.is_finite() && **lot >= 0.0)) {
            return Err(Error::Config(format!("lot: expected a finite number of at least 0, got {bad}")));
        }
        if lot.iter().all(|&lot| lot == 0.0) {
            return Ok(self);
        }
        if self.sizing == Sizing::FirstOrder {
            return Err(Error::Config("lot: expected 0 with sizing first_order".into()));
        }
        Ok(Self { lot: lot.to_vec(), ..self })
    }

    /// Smallest order of an instrument in units, 0 for any.
    pub(super) fn lot_of(&self, i: usize) -> f64 {
        self.lot.get(i).copied().unwrap_or(0.0)
    }

    /// What an account without terms can do.
    pub(super) fn check_plain(&self) -> Result<(), Error> {
        if self.size_at == SizeAt::Fill && !self.lot.is_empty() {
            return Err(Error::Config("lot: at the fill they need an account under terms".into()));
        }
        Ok(())
    }

    /// Number of instruments.
    pub fn n(&self) -> usize {
        self.costs.n()
    }
}

/// Why the engine refused; nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// A setting.
    Config(String),
    /// Prices or shapes.
    Data(String),
    /// Target weights, or legs.
    Order(String),
    /// An amount that 64 bits do not hold.
    Range(String),
    /// Somebody asked to stop.
    Stopped,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Config(message) | Error::Data(message) | Error::Order(message) | Error::Range(message) => {
                f.write_str(message)
            }
            Error::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for Error {}
