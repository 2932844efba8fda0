//! Messages of every kind on few prices and few ids, so that everything meets everything.

use quantrl_lob::{
    Cancel, Config, Lots, Modify, ModifyRule, Nanos, NewOrder, PostOnlyRule, Price, Side, Stp, Ticks, Tif,
};
use quantrl_rng::{Channel, Counter, Draws, Key};

use super::Op;

/// One of the settings, by number.
pub fn config(n: u64) -> Config {
    Config {
        base_tick: Ticks([0, -7, 1 << 40][n as usize % 3]),
        step: 1 + (n / 5 % 2) as u32,
        modify: [ModifyRule::KeepOnDecrease, ModifyRule::AlwaysRequeue][n as usize % 2],
        post_only: [PostOnlyRule::Reject, PostOnlyRule::Slide][n as usize / 2 % 2],
        stp: [Stp::Off, Stp::CancelNewest, Stp::CancelOldest, Stp::CancelBoth, Stp::Decrement]
            [n as usize % 5],
        collar_ticks: [None, Some(3)][(n / 3 % 2) as usize],
    }
}

pub struct Wild {
    draws: Draws,
    base: i64,
    seq: u64,
    now: i64,
    spread: u64,
    ids: u64,
}

impl Wild {
    /// `spread` prices, `ids` ids.
    pub fn new(seed: u64, config: &Config, spread: u64, ids: u64) -> Self {
        let counter = Counter { block: 0, draw: 0, channel: Channel::Check, episode: 0 };
        let draws = Draws::new(Key { seed, stream: 0 }, counter);
        Self { draws, base: config.base_tick.0, seq: 0, now: 0, spread, ids }
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.draws.below(100) < percent
    }

    fn id(&mut self) -> u64 {
        let id = self.draws.below(self.ids);
        // A few ids at the edges of what the indexes hold in different places.
        if self.chance(3) {
            [u64::MAX - id % 2, (1 << 24) - 1 + id % 3, (1 << 33) + id][id as usize % 3]
        } else {
            id
        }
    }

    fn price(&mut self, side: Side) -> Ticks {
        if self.chance(1) {
            return Ticks(
                self.base
                    + [i64::from(i32::MIN), i64::from(i32::MAX), 1 << 31, -(1 << 40)]
                        [self.draws.below(4) as usize],
            );
        }
        let lean = if side == Side::Buy { 0 } else { self.spread as i64 / 4 };
        Ticks(self.base + self.draws.below(self.spread) as i64 + lean)
    }

    fn lots(&mut self) -> Lots {
        if self.chance(1) {
            return Lots([0, -1, i64::from(u32::MAX), 1 << 32][self.draws.below(4) as usize]);
        }
        Lots(1 + self.draws.below(20) as i64)
    }

    fn order(&mut self, side: Side, ts: Nanos) -> NewOrder {
        let limit = self.price(side);
        let price = match self.draws.below(20) {
            0 => Price::Market(None),
            1 => Price::Market(Some(limit)),
            _ => Price::Limit(limit),
        };
        let tif = match self.draws.below(20) {
            0..3 => Tif::Ioc,
            3..5 => Tif::Fok,
            5..8 => Tif::Gtd(Nanos(self.now + self.draws.below(60) as i64)),
            8..10 => Tif::Day,
            _ => Tif::Gtc,
        };
        let owner = self.draws.below(4) as u16;
        let (id, qty, post_only) = (self.id(), self.lots(), self.chance(10));
        NewOrder { id, seq: self.seq, ts, price, qty, tif, owner, side, post_only }
    }
}

impl Iterator for Wild {
    type Item = Op;

    fn next(&mut self) -> Option<Op> {
        self.seq += 1;
        let seq = self.seq;
        self.now += self.draws.below(3) as i64;
        let ts = if self.chance(1) { Nanos(self.now - 1) } else { Nanos(self.now) };
        let side = Side::BOTH[self.draws.below(2) as usize];
        Some(match self.draws.below(1_000) {
            0..2 => Op::Close { seq, ts },
            2..10 => Op::Advance { seq, ts },
            10..350 => Op::Cancel(Cancel { id: self.id(), seq, ts }),
            350..550 => {
                let (id, price, qty) = (self.id(), self.price(side), self.lots());
                Op::Modify(Modify { id, seq, ts, price, qty, side })
            }
            _ => Op::New(self.order(side, ts)),
        })
    }
}
