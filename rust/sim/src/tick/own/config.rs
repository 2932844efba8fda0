use super::QueueModel;
use crate::tick::Error;

/// How much of an own order an execution at its price fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillRule {
    /// The lots that reach it; each lot goes to one own order.
    Partial,
    /// All of it, each own order judged as if it were the only one: the peer's rule.
    Full,
}

/// How much of an own order fills when the market trades or quotes past its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThroughRule {
    /// The lots of the event.
    Volume,
    /// All of it.
    Full,
}

/// What becomes of the lots that a taker could not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// They rest at the limit.
    Rest,
    /// They fill at the limit at once: the peer's rule.
    Fill,
}

/// How own orders meet a history that does not know of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnConfig {
    /// Estimate of the lots ahead; only for files without single orders.
    pub queue: Option<QueueModel>,
    /// At the own price.
    pub fill: FillRule,
    /// Past the own price.
    pub through: ThroughRule,
    /// After a taker of unlimited life.
    pub remainder: Remainder,
    /// Time in which displayed lots that own orders took come back, linearly; None: they are never missed.
    pub recovery_ns: Option<i64>,
}

/// One second.
const RECOVERY_NS: i64 = 1_000_000_000;

impl OwnConfig {
    /// Defaults for files of orders: queues are known, nothing is estimated.
    pub fn ghost() -> Self {
        Self {
            queue: None,
            fill: FillRule::Partial,
            through: ThroughRule::Volume,
            remainder: Remainder::Rest,
            recovery_ns: Some(RECOVERY_NS),
        }
    }

    /// Defaults for files of level sums.
    pub fn l2_queue(model: QueueModel) -> Self {
        Self { queue: Some(model), through: ThroughRule::Full, ..Self::ghost() }
    }

    /// # Errors
    /// A recovery time that is not above 0.
    pub(super) fn checked(self) -> Result<Self, Error> {
        match self.recovery_ns {
            Some(ns) if ns <= 0 => Err(Error::config("recovery_ns", "above 0, or None", ns)),
            _ => Ok(self),
        }
    }
}
