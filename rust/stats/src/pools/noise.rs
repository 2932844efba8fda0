use quantrl_rng::{Channel, Counter, Draws, Key};

use super::Kind;

const FACTOR: f64 = 0.3;
const CALMEST: f64 = 0.05;
const WILDEST: f64 = 0.40;

/// What a number of a pool is drawn for.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum Purpose {
    Noise = 0,
    Volatility = 1,
    Own = 2,
}

/// The address of a pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub seed: u64,
    pub kind: Kind,
    pub replicate: u64,
}

impl Source {
    /// Draws of one day for one purpose.
    pub fn draws(&self, purpose: Purpose, day: usize) -> Draws {
        let key = Key { seed: self.seed, stream: self.kind.stream() };
        let draw = (purpose as u64) << 32 | day as u64;
        Draws::new(key, Counter { block: 0, draw, channel: Channel::Lab, episode: self.replicate })
    }

    /// (days, agents) noise of unit variance: a common factor of weight 0.3 and an own part.
    pub fn noise(&self, days: usize) -> Vec<f64> {
        let agents = self.kind.agents();
        let (common, own) = (FACTOR.sqrt(), (1.0 - FACTOR).sqrt());
        let mut z = Vec::with_capacity(days * agents);
        for day in 0..days {
            let mut draws = self.draws(Purpose::Noise, day);
            let factor = common * student(&mut draws);
            z.extend((0..agents).map(|_| factor + own * student(&mut draws)));
        }
        z
    }

    /// Daily volatilities, uniform in their logarithm.
    pub fn volatilities(&self) -> Vec<f64> {
        let mut draws = self.draws(Purpose::Volatility, 0);
        let (low, high) = (libm::log(CALMEST), libm::log(WILDEST));
        let daily = |u: f64| libm::exp(low + (high - low) * u) / super::YEAR.sqrt();
        (0..self.kind.agents()).map(|_| daily(draws.uniform())).collect()
    }
}

/// Student variate with 4 degrees of freedom, scaled to unit variance: g / sqrt(c / 4) / sqrt(2) with
/// c = -2 ln(U1 U2), which is chi-square with 4 degrees of freedom.
fn student(draws: &mut Draws) -> f64 {
    let g = draws.normal();
    g / (-libm::log(draws.uniform_open() * draws.uniform_open())).sqrt()
}
