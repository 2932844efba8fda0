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
        Ok(Self { fill, sizing, costs, initial_cash })
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
    /// Target weights.
    Order(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Error::Config(message) | Error::Data(message) | Error::Order(message)) = self;
        f.write_str(message)
    }
}

impl std::error::Error for Error {}
