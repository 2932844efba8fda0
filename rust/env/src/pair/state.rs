//! An environment as bytes, little-endian: everything later decisions depend on.

use quantrl_rng::Key;

use crate::Error;
use crate::pair::account::{Account, Leg};
use crate::pair::clock::Clock;
use crate::pair::config::{N_THETA, Settings, Theta};
use crate::pair::desk::{Desk, Order};
use crate::pair::episode::Pair;
use crate::pair::features::Market;
use crate::pair::ledger::{Ledger, ROOM, Taken};
use crate::pair::reward::Score;
use crate::pair::trader::Trader;
use crate::pair::work::{Broker, Floors};
use crate::pair::world::{State, World, fee_ppb};

/// Words in the order they were written; a float that is not finite spoils them all.
pub struct Words<'a> {
    words: std::slice::Iter<'a, [u8; 8]>,
    sane: bool,
}

impl Words<'_> {
    pub(super) fn whole(&mut self) -> u64 {
        match self.words.next() {
            Some(word) => u64::from_le_bytes(*word),
            None => {
                self.sane = false;
                0
            }
        }
    }

    pub(super) fn signed(&mut self) -> i64 {
        self.whole() as i64
    }

    pub(super) fn real(&mut self) -> f64 {
        let value = f64::from_bits(self.whole());
        self.sane &= value.is_finite();
        value
    }

    pub(super) fn spoil(&mut self) {
        self.sane = false;
    }

    pub(super) fn ledger(&mut self) -> Ledger {
        let mut taken = || Taken { price: self.signed(), lots: self.signed(), since: self.signed() };
        Ledger(std::array::from_fn::<_, ROOM, _>(|_| taken()))
    }

    pub(super) fn flag(&mut self) -> bool {
        let word = self.whole();
        self.sane &= word < 2;
        word == 1
    }

    fn theta(&mut self) -> Theta {
        Theta::of(std::array::from_fn::<f64, N_THETA, _>(|_| self.real()))
    }
}

pub(super) fn put(out: &mut Vec<u8>, words: impl IntoIterator<Item = u64>) {
    out.extend(words.into_iter().flat_map(u64::to_le_bytes));
}

pub(super) fn put_reals(out: &mut Vec<u8>, values: impl IntoIterator<Item = f64>) {
    put(out, values.into_iter().map(f64::to_bits));
}

impl Trader {
    fn save(&self, out: &mut Vec<u8>) {
        let account = &self.account;
        let legs = account.legs.iter().flat_map(|leg| [leg.cash, leg.lots, leg.paid]);
        let money = [account.cost, account.traded, account.opened, self.wealth, self.last_cost];
        let signed = legs.chain(account.units).chain(account.wanted).chain(money);
        put(out, signed.map(|value| value as u64));
        put(out, [account.age, self.illegal, self.legged, self.apart_ns, u64::from(self.is_apart)]);
        let score = [self.score.first, self.score.second];
        put_reals(out, [account.target, account.beta, score[0], score[1], self.earned, self.stock]);
        self.desk.save(out);
    }

    fn load(words: &mut Words<'_>) -> Self {
        let mut leg = || Leg { cash: words.signed(), lots: words.signed(), paid: words.signed() };
        let legs = [leg(), leg()];
        let units = [words.signed(), words.signed()];
        let wanted = [words.signed(), words.signed()];
        let [cost, traded, opened, wealth, last_cost] = std::array::from_fn(|_| words.signed());
        let [age, illegal, legged, apart_ns] = std::array::from_fn(|_| words.whole());
        let is_apart = words.flag();
        let (target, beta) = (words.real(), words.real());
        Self {
            account: Account { legs, units, wanted, target, beta, cost, traded, opened, age },
            score: Score { first: words.real(), second: words.real() },
            wealth,
            earned: words.real(),
            stock: words.real(),
            illegal,
            legged,
            apart_ns,
            is_apart,
            last_cost,
            desk: Desk::load(words),
            broker: Broker::default(),
            unforced: None,
        }
    }
}

impl Ledger {
    pub(super) fn save(&self, out: &mut Vec<u8>) {
        put(out, self.0.iter().flat_map(|t| [t.price, t.lots, t.since]).map(|value| value as u64));
    }
}

impl Desk {
    fn save(&self, out: &mut Vec<u8>) {
        let orders = self.orders.iter().flat_map(|o| [o.lots, o.limit, o.arrive, o.known]);
        put(out, orders.map(|value| value as u64));
        self.taken.iter().for_each(|ledger| ledger.save(out));
    }

    fn load(words: &mut Words<'_>) -> Self {
        let mut order = || Order {
            lots: words.signed(),
            limit: words.signed(),
            arrive: words.signed(),
            known: words.signed(),
        };
        let orders = [order(), order()];
        Self { orders, taken: [words.ledger(), words.ledger()] }
    }
}

impl Pair {
    /// Append the state, with that of worked orders where there are any; its length depends on the settings alone.
    pub fn save(&self, works: bool, out: &mut Vec<u8>) {
        put(out, [self.key.seed, self.key.stream, self.number]);
        put(out, [self.clock.k, self.clock.skipped, self.clock.limit]);
        put(out, [u64::from(self.stands_down), u64::from(self.given.is_some()), self.world.decision]);
        put_reals(out, [self.world.state.y, self.world.state.common, self.expected]);
        put_reals(out, self.theta.values());
        put_reals(out, self.given.unwrap_or(Theta::NOMINAL).values());
        self.trader.save(out);
        self.market.save(out);
        if works {
            self.trader.broker.save(out);
        }
    }

    /// From what `save` wrote under the same settings.
    ///
    /// # Errors
    /// Too short, or values no environment can have.
    pub fn load(bytes: &[u8], settings: &Settings) -> Result<Self, Error> {
        let (chunks, rest) = bytes.as_chunks::<8>();
        let mut words = Words { words: chunks.iter(), sane: rest.is_empty() };
        let key = Key { seed: words.whole(), stream: words.whole() };
        let number = words.whole();
        let clock = Clock { k: words.whole(), skipped: words.whole(), limit: words.whole() };
        let stands_down = words.flag();
        let has_theta = words.flag();
        let decision = words.whole();
        let state = State { y: words.real(), common: words.real() };
        let expected = words.real();
        let theta = words.theta();
        let given = words.theta();
        let mut trader = Trader::load(&mut words);
        let market = Market::load(&mut words, settings);
        if settings.work.is_some() {
            trader.broker = Broker::load(&mut words);
        }
        let in_time = clock.skipped <= clock.k && clock.limit <= settings.episode_len;
        let in_place = match &settings.stage {
            Some(stage) => {
                let left = stage.left(usize::try_from(decision).unwrap_or(usize::MAX));
                left > 0 && clock.limit.saturating_sub(clock.k) <= left
            }
            None => true,
        };
        let sane = words.sane && words.words.next().is_none() && in_time && in_place;
        if !sane || theta.check(settings).is_err() || given.check(settings).is_err() {
            return Err(Error::Data("state: numbers out of range".into()));
        }
        let mut floors = Floors::default();
        if let (Some(stage), Some(work)) = (&settings.stage, &settings.work) {
            let now = stage.tape.rows[decision as usize].ts;
            trader.broker.resume(&mut floors, &stage.tape, work, now)?;
        }
        let mut world = World { decision, state, x: 0.0, quotes: Default::default() };
        world.show(settings, &theta);
        Ok(Self {
            key,
            number,
            world,
            market,
            clock,
            trader,
            theta,
            given: has_theta.then_some(given),
            stands_down,
            ppb: fee_ppb(settings, &theta),
            expected,
            floors,
        })
    }
}
