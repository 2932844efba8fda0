//! What an environment shows: the observation and the legal actions.

use crate::pair::config::Settings;
use crate::pair::episode::Pair;
use crate::pair::features::{self, clipped};
use crate::pair::layout::Features;
use crate::pair::mask;
use crate::pair::world::{Scale, cost_now};

/// Of a session's clock.
const DAY_NS: i64 = 86_400_000_000_000;

impl Pair {
    /// Write the observation; its parts are those of `quantrl.envs.PairLayout`.
    pub fn observe(&self, settings: &Settings, scale: &Scale, out: &mut [f32]) {
        let layout = &settings.layout;
        let (market, rest) = out.split_at_mut(layout.market());
        let (own, rest) = rest.split_at_mut(layout.own());
        let (time, rest) = rest.split_at_mut(layout.time());
        let (extra, legal) = rest.split_at_mut(layout.extra());
        match &settings.stage {
            Some(stage) => market.copy_from_slice(stage.tape.columns(self.world.row())),
            None => self.market.write(settings, &self.world.quotes, market),
        }
        features::write_own(&self.trader, scale, own);
        self.write_time(settings, time);
        let statistics = self.trader.score.shown().into_iter().filter(|_| layout.statistics);
        let theta = self.theta.values().into_iter().filter(|_| layout.theta);
        let stock = settings.stock.iter().map(|stocks| self.trader.stock / stocks.unit);
        extra
            .iter_mut()
            .zip(statistics.chain(theta).chain(stock))
            .for_each(|(out, value)| *out = clipped(value));
        mask::write(layout, self.only_flat(settings, scale), legal);
    }

    /// Block T. The simulated worlds have no sessions: their sine and cosine are those of time 0. Of a tape they are those
    /// of the day, UTC.
    fn write_time(&self, settings: &Settings, out: &mut [f32]) {
        let left = clipped(self.clock.left(settings));
        let cost = cost_now(settings, &self.theta, &self.world.quotes, self.beta(settings));
        let cost = clipped(cost);
        match settings.layout.features {
            Features::Core => out.copy_from_slice(&[left, cost]),
            Features::Full => {
                let latency = clipped(self.theta.latency_ms / settings.dt_ms);
                let (sin, cos) = self.time_of_day(settings);
                out.copy_from_slice(&[sin, cos, left, cost, latency]);
            }
        }
    }

    fn time_of_day(&self, settings: &Settings) -> (f32, f32) {
        let Some(stage) = &settings.stage else { return (0.0, 1.0) };
        let share = stage.tape.rows[self.world.row()].ts.rem_euclid(DAY_NS) as f64 / DAY_NS as f64;
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * share);
        (clipped(sin), clipped(cos))
    }

    /// Legality bits.
    pub fn masks(&self, settings: &Settings, scale: &Scale, out: &mut [u8]) {
        let only_flat = self.only_flat(settings, scale);
        for (action, bit) in out.iter_mut().enumerate() {
            *bit = u8::from(mask::is_legal(&settings.layout, action, only_flat));
        }
    }
}
