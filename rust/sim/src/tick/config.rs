use sha2::{Digest, Sha256};

use super::error::Error;
use super::fees::Fees;
use super::latency::{LONGEST, Latency};

/// When events reach the strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feed {
    /// At the file's receive times, which must all be known.
    #[default]
    File,
    /// At the file's receive times, so many ns after the exchange time where one is not known.
    FileOr(i64),
    /// So many ns after the exchange time, whatever the file says.
    Const(i64),
}

/// Settings of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Latency of orders.
    pub latency: Latency,
    /// Latency of events.
    pub feed: Feed,
    /// Fees.
    pub fees: Fees,
    /// Whether a message may overtake an earlier one of its direction.
    pub allow_reorder: bool,
    /// Most own orders at a time.
    pub max_own_orders: u32,
    /// Seed of drawn latencies.
    pub seed: u64,
    /// Nanoseconds between samples of equity, 0 for none.
    pub equity_every: i64,
    /// Whether executions and the log of orders are kept.
    pub record: bool,
    /// Settings of the venue, as text: part of the fingerprint.
    pub venue: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            latency: Latency::default(),
            feed: Feed::File,
            fees: Fees::default(),
            allow_reorder: false,
            max_own_orders: Self::MAX_OWN_ORDERS,
            seed: 0,
            equity_every: 0,
            record: true,
            venue: String::new(),
        }
    }
}

impl Config {
    /// Most own orders at a time.
    pub const MAX_OWN_ORDERS: u32 = 1_024;

    /// # Errors
    /// A setting out of range, by name.
    pub fn check(&self) -> Result<(), Error> {
        self.latency.check()?;
        if let Feed::FileOr(ns) | Feed::Const(ns) = self.feed
            && !(0..=LONGEST).contains(&ns)
        {
            return Err(Error::config("feed", "a latency of 0 to 1e15 ns", ns));
        }
        if !(1..=Self::MAX_OWN_ORDERS).contains(&self.max_own_orders) {
            return Err(Error::config("max_own_orders", "1 to 1024", self.max_own_orders));
        }
        if self.equity_every < 0 {
            return Err(Error::config("equity_every", "at least 0 ns", self.equity_every));
        }
        Ok(())
    }

    /// SHA-256 over every setting.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(format!("{self:?}")).into()
    }
}
