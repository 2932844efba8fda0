//! How orders are worked.

use quantrl_sim::tick::own::QueueModel;

use crate::Error;

/// What becomes of a passive order whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeOut {
    /// The rest is taken.
    Cross,
    /// The rest is given up; the next decision asks anew.
    GiveUp,
}

impl TimeOut {
    /// Both with the names Python uses.
    pub const TABLE: [(&'static str, TimeOut); 2] = [("cross", TimeOut::Cross), ("give_up", TimeOut::GiveUp)];
}

/// Queue models of files that show no single orders, with the names Python uses.
pub const QUEUES: [(&str, QueueModel); 3] =
    [("risk_averse", QueueModel::RiskAverse), ("power2", QueueModel::Power2(2.0)), ("log", QueueModel::Log)];

/// Settings of worked orders (3.6).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Time the legs may differ before the one behind is chased, ns.
    pub leg_ns: i64,
    /// Tries of a chase, and of an unwinding.
    pub chase_max: u32,
    /// Least time between two passive orders, ns.
    pub requote_ns: i64,
    /// Life of passive orders, ns.
    pub passive_ns: i64,
    /// What follows it.
    pub time_out: TimeOut,
    /// Fees of passive executions, shares of the traded value, by leg.
    pub maker_fees: [f64; 2],
    /// Place in a queue that is not shown.
    pub queue: QueueModel,
    /// Every order meets the events themselves, also those that the five levels answer.
    pub always_events: bool,
}

impl Work {
    /// # Errors
    /// A setting out of range: its name and what came.
    pub fn check(&self) -> Result<(), Error> {
        let times =
            [("leg_ms", self.leg_ns), ("requote_ms", self.requote_ns), ("passive_ms", self.passive_ns)];
        for (name, ns) in times {
            if !(1_000..=86_400_000_000_000).contains(&ns) {
                return Err(Error::Config(format!(
                    "{name}: expected 0.001 to 86400000, got {}",
                    ns as f64 * 1e-6
                )));
            }
        }
        if self.chase_max > 1_000 {
            return Err(Error::Config(format!("chase_max: expected at most 1000, got {}", self.chase_max)));
        }
        match self.maker_fees.into_iter().find(|fee| !(0.0..=1.0).contains(fee)) {
            Some(fee) => Err(Error::Config(format!("maker_fee_bps: expected 0 to 10000, got {}", 1e4 * fee))),
            None => Ok(()),
        }
    }
}
