//! Sessions from the outside: what a strategy sees and when, what is counted, and that nothing else decides a result.

mod batches;
mod determinism;
mod files;
mod golden;
mod look_ahead;
mod own;
mod quotes;
mod sessions;
mod snapshots;
mod stretches;
mod venue;

use std::sync::Arc;

use quantrl_feed::EventFile;
use quantrl_sim::tick::policy::Quote;
use quantrl_sim::tick::{Actions, Config, Feed, Fees, Latency, NEVER, Plan, Policy, Session, Until};

use venue::Plain;

pub(crate) const MS: i64 = 1_000_000;

/// Whether counts are the full ones.
pub(crate) fn gates() -> bool {
    std::env::var_os("QUANTRL_GATES").is_some_and(|value| value == "1")
}

pub(crate) fn config() -> Config {
    Config {
        latency: Latency::constant(250_000, 350_000),
        fees: Fees { maker: -50_000, taker: 700_000, per_trade: 1_000, ..Fees::default() },
        seed: 7,
        equity_every: 100 * MS,
        ..Config::default()
    }
}

pub(crate) fn session(file: &Arc<EventFile>, config: Config) -> Session<Plain> {
    let plan = Plan::new(Arc::clone(file), config).unwrap();
    Session::new(&plan, 0, |books| Ok(Plain::new(books))).unwrap()
}

pub(crate) fn zero_feed() -> Config {
    Config { feed: Feed::Const(0), ..config() }
}

pub(crate) fn quote() -> Quote {
    Quote::new(0, 1, 3, 10 * MS).unwrap()
}

/// Run `policy` until local time `until` in steps of at most `chunk` ns, however often it is woken.
pub(crate) fn drive<P: Policy>(session: &mut Session<Plain>, policy: &mut P, until: i64, chunk: i64) {
    let mut actions = Actions::default();
    let mut next = policy.first(session.now()).at;
    loop {
        let target = next.min(until);
        while session.now() < target {
            let stop = session.now().saturating_add(chunk).min(target);
            if !session.step(Until::Time(stop)).unwrap() {
                return;
            }
        }
        if target < next || target == NEVER {
            return;
        }
        actions.clear();
        next = policy.wake(&session.view().unwrap(), &mut actions).at;
        session.send(&actions).unwrap();
    }
}
