//! One environment: a simulated pair that goes on for ever, and episodes of a trader in it.

use quantrl_rng::{Channel, Counter, Draws, Key};

use crate::pair::clock::{Clock, Done};
use crate::pair::config::{Mode, Settings, Theta};
use crate::pair::exec::Terms;
use crate::pair::features::{self, Market, clipped};
use crate::pair::layout::Features;
use crate::pair::mask;
use crate::pair::trader::{Moment, Trader};
use crate::pair::world::{Scale, World, cost_now, fee_ppb};

/// Numbers of a finished episode: reward, length, P&L / U, cost / U, turnover, legged count, legged ns, illegal.
pub const N_TOTALS: usize = 8;

/// State of one environment.
#[derive(Clone, Debug)]
pub struct Pair {
    pub(super) key: Key,
    pub(super) number: u64,
    pub(super) world: World,
    pub(super) market: Market,
    pub(super) clock: Clock,
    pub(super) trader: Trader,
    pub(super) theta: Theta,
    /// Theta from the next reset on, instead of a drawn one.
    pub(super) given: Option<Theta>,
    pub(super) stands_down: bool,
    pub(super) ppb: i64,
    /// Conditional mean of the last decision's change of mark, in U.
    pub(super) expected: f64,
}

/// What the counterfactual actions of a decision earn and leave: (A,) rewards and (A, O) own positions.
pub struct Alternatives<'a> {
    /// (A,).
    pub rewards: &'a mut [f32],
    /// (A, O).
    pub own: &'a mut [f32],
}

impl Pair {
    /// An environment that waits for its first reset.
    pub fn new(key: Key, settings: &Settings) -> Self {
        let theta = settings.theta.0;
        Self {
            key,
            number: 0,
            world: World::new(settings, key, &theta),
            market: Market::new(settings),
            clock: Clock::default(),
            trader: Trader::new(settings),
            theta,
            given: None,
            stands_down: false,
            ppb: 0,
            expected: 0.0,
        }
    }

    /// Start the streams anew: the next reset is episode 0.
    pub fn reseed(&mut self, seed: u64) {
        self.key.seed = seed;
        self.number = 0;
    }

    /// Theta of the episodes from the next reset on; `None` draws it again.
    pub fn set_theta(&mut self, theta: Option<Theta>) {
        self.given = theta;
    }

    /// Only flat is legal from now on, or no longer.
    pub fn stand_down(&mut self, stands_down: bool) {
        self.stands_down = stands_down;
    }

    /// Begin the next episode where the pair stands. Theta, start position and first length come from the address
    /// (seed, env, episode); a new theta starts the features anew.
    pub fn reset(&mut self, settings: &Settings, scale: &Scale) {
        let theta = self.given.unwrap_or_else(|| self.drawn_theta(settings));
        let begins = self.number == 0;
        if begins {
            self.world = World::new(settings, self.key, &theta);
        }
        if begins || theta != self.theta {
            self.world.show(settings, &theta);
            self.market = Market::new(settings);
            self.market.push(settings, &self.world);
            for _ in 0..Market::warm_up(settings) {
                self.world.step(settings, self.key, &theta);
                self.market.push(settings, &self.world);
            }
        }
        (self.theta, self.ppb) = (theta, fee_ppb(settings, &theta));
        self.trader = Trader::new(settings);
        let mut draws = self.draws(Channel::PairStart);
        let position = draws.below(settings.layout.actions as u64) as usize;
        if settings.mode == Mode::Train {
            let units = scale.units(&self.world.quotes, self.market.beta());
            self.trader.endow(settings.layout.target(position), units, &self.world.quotes);
        }
        self.clock = Clock::start(settings, self.number, &mut draws);
        self.number += 1;
    }

    fn draws(&self, channel: Channel) -> Draws {
        Draws::new(self.key, Counter { block: 0, draw: 0, channel, episode: self.number })
    }

    fn drawn_theta(&self, settings: &Settings) -> Theta {
        let (low, high) = (settings.theta.0.values(), settings.theta.1.values());
        let mut draws = self.draws(Channel::PairTheta);
        Theta::of(std::array::from_fn(|i| low[i] + (high[i] - low[i]) * draws.uniform()))
    }

    /// One decision: its reward, and how it left the episode. `all` takes what every action would have earned.
    pub fn step(
        &mut self,
        settings: &Settings,
        scale: &Scale,
        action: usize,
        all: Option<Alternatives<'_>>,
    ) -> (f64, Done) {
        let mut next = self.world;
        next.step(settings, self.key, &self.theta);
        let met = self.world.met(&next, settings, self.key, &self.theta);
        let terms = Terms { ppb: self.ppb, at_mid: settings.at_mid, slip_ticks: settings.slip_ticks };
        let units = scale.units(&self.world.quotes, self.market.beta());
        let moment = Moment { scale, terms, units, seen: &self.world.quotes, met: &met, next: &next.quotes };
        let only_flat = self.only_flat(settings, scale);
        if let Some(all) = all {
            let rows = all.own.chunks_exact_mut(settings.layout.own());
            for (other, (reward, own)) in all.rewards.iter_mut().zip(rows).enumerate() {
                let mut trader = self.trader;
                *reward = trader.decide(settings, &moment, other, only_flat) as f32;
                features::write_own(&trader, scale, own);
            }
        }
        let reward = self.trader.decide(settings, &moment, action, only_flat);
        // E[x' - x] = (phi - 1) x, on what was held.
        self.expected = self.trader.account.position() * (settings.phi - 1.0) * self.world.x / settings.s;
        self.world = next;
        self.market.push(settings, &self.world);
        self.clock.k += 1;
        (reward, self.clock.done(settings, scale.in_units(self.trader.wealth)))
    }

    fn only_flat(&self, settings: &Settings, scale: &Scale) -> bool {
        self.trader.only_flat(settings, scale, self.stands_down || !self.market.is_hedged())
    }

    /// Write the observation; its parts are those of `quantrl.envs.PairLayout`.
    pub fn observe(&self, settings: &Settings, scale: &Scale, out: &mut [f32]) {
        let layout = &settings.layout;
        let (market, rest) = out.split_at_mut(layout.market());
        let (own, rest) = rest.split_at_mut(layout.own());
        let (time, rest) = rest.split_at_mut(layout.time());
        let (extra, legal) = rest.split_at_mut(layout.extra());
        self.market.write(settings, &self.world.quotes, market);
        features::write_own(&self.trader, scale, own);
        self.write_time(settings, time);
        let statistics = self.trader.score.shown().into_iter().filter(|_| layout.statistics);
        let theta = self.theta.values().into_iter().filter(|_| layout.theta);
        extra.iter_mut().zip(statistics.chain(theta)).for_each(|(out, value)| *out = clipped(value));
        mask::write(layout, self.only_flat(settings, scale), legal);
    }

    /// Block T. The simulated worlds have no sessions: their sine and cosine are those of time 0.
    fn write_time(&self, settings: &Settings, out: &mut [f32]) {
        let left = clipped(self.clock.left(settings));
        let cost = clipped(cost_now(settings, &self.theta, &self.world.quotes));
        match settings.layout.features {
            Features::Core => out.copy_from_slice(&[left, cost]),
            Features::Full => {
                let latency = clipped(self.theta.latency_ms / settings.dt_ms);
                out.copy_from_slice(&[0.0, 1.0, left, cost, latency]);
            }
        }
    }

    /// Legality bits.
    pub fn masks(&self, settings: &Settings, scale: &Scale, out: &mut [u8]) {
        let only_flat = self.only_flat(settings, scale);
        for (action, bit) in out.iter_mut().enumerate() {
            *bit = u8::from(mask::is_legal(&settings.layout, action, only_flat));
        }
    }

    /// See [`N_TOTALS`]; turnover counts a whole position taken once as 1.
    pub fn totals(&self, settings: &Settings, scale: &Scale) -> [f64; N_TOTALS] {
        let trader = &self.trader;
        let unit = 4.0 * scale.ticks * scale.lots;
        [
            trader.earned,
            self.clock.length() as f64,
            scale.in_units(trader.wealth),
            scale.in_units(trader.account.cost),
            trader.account.traded as f64 / unit,
            trader.legged as f64,
            trader.apart as f64 * settings.dt_ms * 1e6,
            trader.illegal as f64,
        ]
    }

    /// Conditional mean, at beta 1, of the last change of mark and cost of the last decision, in U, and x / s now.
    pub fn truth(&self, settings: &Settings, scale: &Scale) -> [f64; 3] {
        [self.expected, scale.in_units(self.trader.last_cost), self.world.x / settings.s]
    }

    /// Both legs exactly: cash and lots, bid and ask, cost and traded value; money in half quanta, prices in ticks.
    pub fn ledger(&self) -> [i64; 10] {
        let (account, quotes) = (&self.trader.account, &self.world.quotes);
        let [one, two] = account.legs;
        let [first, second] = quotes;
        [
            one.cash,
            one.lots,
            two.cash,
            two.lots,
            first.bid,
            first.ask,
            second.bid,
            second.ask,
            account.cost,
            account.traded,
        ]
    }

    /// What a rule decides on: z, the position asked for and the decisions since it was opened.
    pub fn stance(&self, settings: &Settings) -> (f64, f64, u64) {
        (self.market.z(settings), self.trader.account.target, self.trader.account.age)
    }
}
