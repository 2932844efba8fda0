//! How long messages travel between strategy and exchange.

mod table;

use std::sync::Arc;

use quantrl_rng::{Channel, Counter, Draws, Key};

use super::error::Error;
use super::order::{Op, Outcome, Report, Request};

pub use table::{Table, Trip};

/// Longest latency, ns: 11.5 days. Sums of times and latencies stay far from the ends of i64.
pub const LONGEST: i64 = 1_000_000_000_000_000;

/// Latency of one kind of message, nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Always the same. A negative one of a request: it is lost, which is known after that time.
    Const(i64),
    /// `base + exp(mu + sigma z)`, z standard normal, the sum at most `cap`.
    LogNormal {
        /// Least latency, ns.
        base: i64,
        /// Mean of the logarithm of the rest, ns.
        mu: f64,
        /// Standard deviation of that logarithm.
        sigma: f64,
        /// Most, ns.
        cap: i64,
    },
    /// Measured.
    Table(Arc<Table>),
    /// `base + mult_ppm / 1e6` times the feed latency of the newest event on the side the message leaves from.
    FromFeed {
        /// Millionths of the feed latency.
        mult_ppm: i64,
        /// Nanoseconds.
        base: i64,
    },
}

impl Default for Model {
    fn default() -> Self {
        Self::Const(0)
    }
}

impl Model {
    /// The same for entry and answers.
    fn check(&self, channel: &str, may_be_lost: bool) -> Result<(), Error> {
        let within = |ns: i64| (0..=LONGEST).contains(&ns);
        let bad =
            |expected: &str| Err(Error::config("latency", expected, format_args!("{self:?} for {channel}")));
        match *self {
            Self::Const(ns) if !within(if may_be_lost { ns.saturating_abs() } else { ns }) => {
                bad("at most 1e15 ns, negative only for requests")
            }
            Self::LogNormal { base, mu, sigma, cap }
                if !(within(base)
                    && within(cap)
                    && base <= cap
                    && mu.is_finite()
                    && sigma.is_finite()
                    && sigma >= 0.0) =>
            {
                bad("0 <= base <= cap <= 1e15 ns, finite mu, sigma >= 0")
            }
            Self::FromFeed { mult_ppm, base }
                if !(within(base) && (0..=1_000_000_000).contains(&mult_ppm)) =>
            {
                bad("base of at most 1e15 ns, 0 <= mult <= 1000")
            }
            _ => Ok(()),
        }
    }
}

/// Where a draw stands: (channel, request number, report of the order).
#[derive(Clone, Copy, Debug)]
struct Address {
    channel: Channel,
    number: u64,
    nth: u64,
}

/// A model for each kind of message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latency {
    /// New orders, to the exchange.
    pub new: Model,
    /// Amends, to the exchange.
    pub amend: Model,
    /// Cancels, to the exchange.
    pub cancel: Model,
    /// Answers without an execution, to the strategy.
    pub ack: Model,
    /// Executions, to the strategy.
    pub fill: Model,
}

impl Latency {
    /// Constant: `entry` for every request, `response` for every answer, ns.
    pub fn constant(entry: i64, response: i64) -> Self {
        let [entry, response] = [entry, response].map(Model::Const);
        Self {
            new: entry.clone(),
            amend: entry.clone(),
            cancel: entry,
            ack: response.clone(),
            fill: response,
        }
    }

    /// The same table for every message.
    pub fn table(table: Table) -> Self {
        let model = Model::Table(Arc::new(table));
        Self {
            new: model.clone(),
            amend: model.clone(),
            cancel: model.clone(),
            ack: model.clone(),
            fill: model,
        }
    }

    /// # Errors
    /// A parameter out of range, by name.
    pub fn check(&self) -> Result<(), Error> {
        self.new.check("new", true)?;
        self.amend.check("amend", true)?;
        self.cancel.check("cancel", true)?;
        self.ack.check("ack", false)?;
        self.fill.check("fill", false)
    }

    /// Latency that no answer falls below where events take `feed` ns.
    pub fn least_response(&self, feed: i64) -> i64 {
        let least = |model: &Model| match *model {
            Model::Const(ns) => ns,
            Model::LogNormal { base, .. } => base,
            Model::Table(ref table) => table.least_response(),
            Model::FromFeed { mult_ppm, base } => scaled(feed, mult_ppm, base),
        };
        least(&self.ack).min(least(&self.fill))
    }

    /// Whether a model reads the feed's latency.
    pub fn reads_feed(&self) -> bool {
        let models = [&self.new, &self.amend, &self.cancel, &self.ack, &self.fill];
        models.iter().any(|model| matches!(model, Model::FromFeed { .. }))
    }

    /// Latency of a request that leaves at `ts`, negative where it is lost. `feed`: latency of the newest event received.
    #[inline]
    pub fn entry(&self, key: Key, ts: i64, request: &Request, feed: i64) -> i64 {
        let (model, channel) = match request.op {
            Op::New => (&self.new, Channel::LatencyNew),
            Op::Amend => (&self.amend, Channel::LatencyAmend),
            Op::Cancel => (&self.cancel, Channel::LatencyCancel),
        };
        match model {
            Model::Const(ns) => *ns,
            Model::Table(table) => table.entry(ts).clamp(-LONGEST, LONGEST),
            model => drawn(model, key, Address { channel, number: request.number, nth: 0 }, feed),
        }
    }

    /// Latency of report `nth` of its order, at least 0. `feed`: latency of the newest event at the exchange.
    #[inline]
    pub fn response(&self, key: Key, report: &Report, nth: u64, feed: i64) -> i64 {
        let (model, channel) = match report.outcome {
            Outcome::Filled => (&self.fill, Channel::LatencyFill),
            _ => (&self.ack, Channel::LatencyAck),
        };
        match model {
            Model::Const(ns) => *ns,
            Model::Table(table) => table.response(report.ts).clamp(0, LONGEST),
            model => drawn(model, key, Address { channel, number: report.number, nth }, feed),
        }
    }
}

fn drawn(model: &Model, key: Key, at: Address, feed: i64) -> i64 {
    match *model {
        Model::LogNormal { base, mu, sigma, cap } => {
            let counter = Counter { block: at.nth, draw: at.number, channel: at.channel, episode: 0 };
            let rest = libm::exp(mu + sigma * Draws::new(key, counter).normal());
            if rest < LONGEST as f64 { (base + libm::round(rest) as i64).min(cap) } else { cap }
        }
        Model::FromFeed { mult_ppm, base } => scaled(feed, mult_ppm, base),
        Model::Const(_) | Model::Table(_) => 0,
    }
}

fn scaled(feed: i64, mult_ppm: i64, base: i64) -> i64 {
    let part = i128::from(feed.max(0)) * i128::from(mult_ppm) / 1_000_000;
    (i128::from(base) + part).min(i128::from(LONGEST)) as i64
}

#[cfg(test)]
mod tests {
    use quantrl_lob::{OrderRef, Side};

    use super::*;
    use crate::tick::{OrderType, Tif};

    fn request(number: u64, op: Op) -> Request {
        Request {
            number,
            order: OrderRef::new(0, 0),
            instr: 0,
            op,
            side: Side::Buy,
            kind: OrderType::Limit,
            tif: Tif::Gtc,
            post_only: false,
            tick: 0,
            lots: 1,
        }
    }

    #[test]
    fn draws_have_addresses() {
        let model = Model::LogNormal { base: 1_000, mu: 8.0, sigma: 0.5, cap: 9_000 };
        let latency = Latency { new: model.clone(), cancel: model, ..Latency::default() };
        latency.check().unwrap();
        let key = Key { seed: 3, stream: 1 };
        let at = |number, op| latency.entry(key, 0, &request(number, op), 0);
        let all: Vec<i64> = (0..2_000).map(|n| at(n, Op::New)).collect();
        assert_eq!(at(7, Op::New), all[7]);
        assert_ne!(at(7, Op::Cancel), all[7]);
        assert!(all.iter().all(|&ns| (1_000..=9_000).contains(&ns)));
        // The median of the drawn part is exp(mu) = 2981; 4 standard errors of a median of 2,000 are 167.
        let below = all.iter().filter(|&&ns| ns < 1_000 + 2_981).count() as i64;
        assert!((below - 1_000).abs() < 4 * 23, "{below}");
    }

    #[test]
    fn from_feed_scales() {
        let model = Model::FromFeed { mult_ppm: 1_500_000, base: 10 };
        let latency = Latency { amend: model, ..Latency::default() };
        assert!(latency.reads_feed());
        assert_eq!(latency.entry(Key { seed: 0, stream: 0 }, 0, &request(0, Op::Amend), 101), 10 + 151);
    }

    #[test]
    fn no_answer_is_faster_than_the_least() {
        let table = Table::new(vec![
            Trip { req: 10, exch: 20, resp: 90 },
            Trip { req: 30, exch: 40, resp: 95 },
            Trip { req: 50, exch: 60, resp: 140 },
        ]);
        let table = Latency::table(table.unwrap());
        assert_eq!((table.least_response(7), Latency::constant(1, 5).least_response(7)), (55, 5));
        let feed = Model::FromFeed { mult_ppm: 500_000, base: 3 };
        let drawn = Model::LogNormal { base: 9, mu: 1.0, sigma: 1.0, cap: 20 };
        assert_eq!(Latency { ack: feed, fill: drawn, ..Latency::default() }.least_response(100), 9);
    }

    #[test]
    fn refused() {
        assert!(Latency::constant(-5, 5).check().is_ok());
        for latency in [
            Latency::constant(5, -5),
            Latency::constant(LONGEST + 1, 0),
            Latency::constant(i64::MIN, 0),
            Latency {
                new: Model::LogNormal { base: 5, mu: f64::NAN, sigma: 1.0, cap: 9 },
                ..Latency::default()
            },
            Latency { new: Model::FromFeed { mult_ppm: -1, base: 0 }, ..Latency::default() },
        ] {
            assert!(latency.check().is_err(), "{latency:?}");
        }
    }
}
