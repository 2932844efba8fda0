use quantrl_lob::{Nanos, Side};
use quantrl_rng::Key;

use super::settings::{rate, some};
use super::{BookView, Flow, Msg, Noise, wait};
use crate::error::Error;

/// Cont, Stoikov and Talreja (2010), A stochastic model for order book dynamics: unit orders whose rates depend on
/// the distance from the opposite touch.
#[derive(Clone, Debug)]
pub struct Cst {
    /// Per second, by distance from 1.
    limit: Vec<f64>,
    cancel: Vec<f64>,
    market: f64,
    limits: f64,
    noise: Noise,
}

/// Per minute at distances 1 to 5: limits, then cancels of each order.
const LIMIT: [f64; 5] = [1.85, 1.51, 1.09, 0.88, 0.77];
const CANCEL: [f64; 5] = [0.71, 0.81, 0.68, 0.56, 0.47];
const MARKET: f64 = 0.94;
/// Limits farther away: `FAR * distance^POWER` per minute; cancels as at distance 5.
const FAR: f64 = 1.92;
const POWER: f64 = -0.52;
/// Farthest distance of the published law kept here.
const REACH: usize = 30;

impl Cst {
    /// The published rates, `speed` times as fast: 1 is per minute as printed, 60 per second.
    ///
    /// # Errors
    /// A speed that is not above 0 and finite.
    pub fn published(key: Key, episode: u64, speed: f64) -> Result<Self, Error> {
        let per_second = speed / 60.0;
        let by_distance = |near: [f64; 5], far: &dyn Fn(f64) -> f64| -> Vec<f64> {
            (1..=REACH)
                .map(|i| near.get(i - 1).copied().unwrap_or_else(|| far(i as f64)) * per_second)
                .collect()
        };
        let limit = by_distance(LIMIT, &|i| FAR * libm::pow(i, POWER));
        Self::new(key, episode, limit, by_distance(CANCEL, &|_| CANCEL[4]), MARKET * per_second)
    }

    /// Rates per second by distance from 1 on: limits, cancels of each order; and market orders a side.
    ///
    /// # Errors
    /// Lists of different length or empty, a rate that is negative or not finite, or no limit rate above 0.
    pub fn new(
        key: Key,
        episode: u64,
        limit: Vec<f64>,
        cancel: Vec<f64>,
        market: f64,
    ) -> Result<Self, Error> {
        if limit.is_empty() || limit.len() != cancel.len() {
            return Err(Error::config(
                "cancel",
                format_args!("{} rates, as limit", limit.len()),
                cancel.len(),
            ));
        }
        limit.iter().try_for_each(|&value| rate("limit", value).map(|_| ()))?;
        cancel.iter().try_for_each(|&value| rate("cancel", value).map(|_| ()))?;
        let limits = limit.iter().sum();
        some("limit", limits)?;
        Ok(Self { limit, cancel, market: rate("market", market)?, limits, noise: Noise::new(key, episode) })
    }

    /// Cancels of one order at a distance; 0 beyond the last, where nothing comes or goes.
    #[inline]
    fn leaving(&self, distance: u32) -> f64 {
        self.cancel.get((distance as usize).wrapping_sub(1)).copied().unwrap_or(0.0)
    }
}

impl Flow for Cst {
    fn next(&mut self, _: Nanos, book: &BookView<'_>, out: &mut Vec<Msg>) -> Nanos {
        let mut draws = self.noise.next();
        let reach = self.cancel.len() as u32;
        let near = |side| book.queues(side).take_while(move |(distance, _)| *distance <= reach);
        let cancels = Side::BOTH.map(|side| {
            near(side).map(|(distance, count)| self.leaving(distance) * f64::from(count)).sum::<f64>()
        });
        let total = 2.0 * (self.limits + self.market) + cancels[0] + cancels[1];
        let time = wait(total, &mut draws);
        let mut at = draws.uniform() * total;
        for side in Side::BOTH {
            if at < self.limits {
                let mut distance = 1;
                for rate in &self.limit[..self.limit.len() - 1] {
                    if at < *rate {
                        break;
                    }
                    at -= rate;
                    distance += 1;
                }
                out.push(Msg::Limit { side, tick: book.at(side, distance), qty: 1 });
                return time;
            }
            at -= self.limits;
            if at < self.market {
                out.push(Msg::Market { side, qty: 1 });
                return time;
            }
            at -= self.market;
        }
        let mut last = None;
        'walk: for side in Side::BOTH {
            for (distance, count) in near(side) {
                let here = self.leaving(distance) * f64::from(count);
                if here > 0.0 {
                    last = Some((side, distance, count));
                }
                if at < here {
                    break 'walk;
                }
                at -= here;
            }
        }
        if let Some((side, distance, count)) = last {
            let nth = draws.below(u64::from(count)) as u32;
            out.extend(book.nth(side, distance, nth).map(|slot| Msg::Cancel { slot }));
        }
        time
    }

    fn drawn(&self) -> u64 {
        self.noise.event
    }

    fn resume(&mut self, drawn: u64) {
        self.noise.event = drawn;
    }
}
