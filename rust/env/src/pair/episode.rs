//! One environment: a simulated pair that goes on for ever, or a place in a recorded one, and episodes of a trader in it.

use quantrl_rng::{Channel, Counter, Draws, Key};

use crate::pair::clock::{Clock, Done};
use crate::pair::config::{Mode, Settings, Theta, Venue};
use crate::pair::desk::Passage;
use crate::pair::exec::Terms;
use crate::pair::features::{self, Market};
use crate::pair::hedge::USABLE;
use crate::pair::tape::Stage;
use crate::pair::trader::{Moment, Trader, Way};
use crate::pair::work::Floors;
use crate::pair::world::{Scale, World, fee_ppb, maker_ppb};

/// Numbers of a finished episode: reward, length, P&L / U, cost / U, turnover, legged count, legged ns, illegal.
pub const N_TOTALS: usize = 8;

/// Ticks beyond the touch that a closing order may pay: whatever the book asks.
const CLOSING_TICKS: i64 = 1 << 30;

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
    pub(super) ppb: [i64; 2],
    /// Conditional mean of the last decision's change of mark, in U.
    pub(super) expected: f64,
    /// Recorded books with own orders in them.
    pub(super) floors: Floors,
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
            ppb: [0; 2],
            expected: 0.0,
            floors: Floors::default(),
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
    /// (seed, env, episode); a new theta starts the features anew. On a tape training starts anywhere in its part, an
    /// evaluation where the last episode ended, at first at the beginning.
    pub fn reset(&mut self, settings: &Settings, scale: &Scale) {
        let theta = self.given.unwrap_or_else(|| self.drawn_theta(settings));
        if settings.venue != Venue::Replay {
            self.enter(settings, &theta);
        }
        (self.theta, self.ppb) = (theta, fee_ppb(settings, &theta));
        self.trader = Trader::new(settings);
        self.floors.clear();
        if let Some(stocks) = &settings.stock {
            self.trader.stock = stocks.draw(&mut self.draws(Channel::PairStock));
        }
        let mut draws = self.draws(Channel::PairStart);
        let position = draws.below(settings.layout.targets() as u64) as usize;
        self.clock = Clock::start(settings, self.number, &mut draws);
        if let Some(stage) = &settings.stage {
            let row = self.place(settings, stage, &mut draws);
            self.world = World::at(row, settings, &theta);
            self.clock = self.clock.within(stage.left(row));
        }
        if settings.mode == Mode::Train {
            let beta = self.beta(settings);
            let units = scale.units(&self.world.quotes, beta);
            self.trader.endow(settings.layout.target(position), units, beta, &self.world.quotes);
        }
        self.number += 1;
    }

    fn enter(&mut self, settings: &Settings, theta: &Theta) {
        let begins = self.number == 0;
        if begins {
            self.world = World::new(settings, self.key, theta);
        }
        if begins || *theta != self.theta {
            self.world.show(settings, theta);
            self.market = Market::new(settings);
            self.look(settings);
            for _ in 0..Market::warm_up(settings) {
                self.world.step(settings, self.key, theta);
                self.look(settings);
            }
        }
    }

    /// Take in the decision's row. A tape has taken in all of its own.
    fn look(&mut self, settings: &Settings) {
        if settings.stage.is_none() {
            self.market.push(settings, self.world.log_mids(settings), &self.world.quotes);
        }
    }

    fn place(&self, settings: &Settings, stage: &Stage, draws: &mut Draws) -> usize {
        match (settings.mode, self.number) {
            (Mode::Train, _) => {
                let length = settings.episode_len;
                stage.start(length, draws.below(stage.starts(length)))
            }
            (Mode::Evaluate, 0) => stage.runs[0].start,
            (Mode::Evaluate, _) => stage.after(self.world.row()),
        }
    }

    pub(super) fn beta(&self, settings: &Settings) -> f64 {
        match &settings.stage {
            Some(stage) => stage.tape.rows[self.world.row()].beta,
            None => self.market.beta(),
        }
    }

    fn z(&self, settings: &Settings) -> f64 {
        match &settings.stage {
            Some(stage) => stage.tape.rows[self.world.row()].z,
            None => self.market.z(settings),
        }
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
        let closes = self.clock.closes(settings);
        let slip_ticks = if closes { CLOSING_TICKS } else { settings.slip_ticks };
        let mut next = self.world;
        next.step(settings, self.key, &self.theta);
        let row = self.world.row();
        let met;
        let way = match &settings.stage {
            Some(stage) => {
                let (theta, episode) = (&self.theta, self.number);
                let passage = Passage::new(&stage.tape, row, settings, theta, self.ppb, self.key, episode);
                let maker_ppb = maker_ppb(settings, theta);
                Way::Tape { passage, row, maker_ppb, fill: theta.fill }
            }
            None => {
                met = self.world.met(&next, settings, self.key, &self.theta);
                Way::Books { terms: Terms { ppb: self.ppb, at_mid: settings.at_mid, slip_ticks }, met: &met }
            }
        };
        let beta = self.beta(settings);
        let units = scale.units(&self.world.quotes, beta);
        let (seen, next_quotes) = (&self.world.quotes, &next.quotes);
        let moment = Moment { scale, way, units, beta, slip_ticks, closes, seen, next: next_quotes };
        let only_flat = self.only_flat(settings, scale);
        if let Some(all) = all {
            let rows = all.own.chunks_exact_mut(settings.layout.own());
            for (other, (reward, own)) in all.rewards.iter_mut().zip(rows).enumerate() {
                let mut trader = self.trader;
                *reward = trader.decide(settings, &moment, other, only_flat, &mut self.floors) as f32;
                features::write_own(&trader, scale, own);
            }
        }
        let reward = self.trader.decide(settings, &moment, action, only_flat, &mut self.floors);
        self.expected = match settings.venue {
            // Nobody knows it of a recorded pair.
            Venue::Replay => 0.0,
            // E[x' - x] = (phi - 1) x, on what was held.
            _ => self.trader.account.position() * (settings.phi - 1.0) * self.world.x / settings.s,
        };
        self.world = next;
        self.look(settings);
        self.clock.k += 1;
        (reward, self.clock.done(settings, scale.in_units(self.trader.wealth)))
    }

    pub(super) fn only_flat(&self, settings: &Settings, scale: &Scale) -> bool {
        let stands_down = self.stands_down || self.clock.closes(settings);
        self.trader.only_flat(settings, scale, stands_down || !USABLE.contains(&self.beta(settings)))
    }

    /// See [`N_TOTALS`]; turnover counts a whole position taken once as 1.
    pub fn totals(&self, scale: &Scale) -> [f64; N_TOTALS] {
        let trader = &self.trader;
        let unit = 4.0 * scale.ticks * scale.lots;
        [
            trader.earned,
            self.clock.length() as f64,
            scale.in_units(trader.wealth),
            scale.in_units(trader.account.cost),
            trader.account.traded as f64 / unit,
            trader.legged as f64,
            trader.apart_ns as f64,
            trader.illegal as f64,
        ]
    }

    /// Conditional mean, at beta 1, of the last change of mark and cost of the last decision, in U, and x / s now.
    pub fn truth(&self, settings: &Settings, scale: &Scale) -> [f64; 3] {
        [self.expected, scale.in_units(self.trader.last_cost), self.world.x / settings.s]
    }

    /// Both legs exactly: cash and lots, bid and ask, cost and traded value; money in half quanta, prices in ticks, of a
    /// tape in quanta of a lot.
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
        (self.z(settings), self.trader.account.target, self.trader.account.age)
    }
}
