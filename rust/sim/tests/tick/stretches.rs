//! A session on one stretch of an endless stream after another, beside one on the whole of it.

use std::sync::Arc;

use quantrl_feed::flow::{Endless, Flow, Opening, Zi};
use quantrl_feed::{Event, EventFile, Instrument};
use quantrl_lob::Side;
use quantrl_sim::tick::own::{Ghost, OwnConfig};
use quantrl_sim::tick::{Actions, Config, Feed, Plan, Session, Until};

use crate::files::{Lcg, T0, instrument};
use crate::{MS, config};

const EVERY: i64 = 200 * MS;
const STRETCHES: i64 = 40;

/// Events of each stretch, and the slots of both instruments after it.
fn stream() -> Vec<(Vec<[u8; Event::SIZE]>, Vec<u32>)> {
    let flow = |stream| {
        let key = quantrl_rng::Key { seed: 6, stream };
        let flow: Box<dyn Flow + Send> = Box::new(Zi::new(key, 0, [2.0, 60.0, 0.9], 3, 40).unwrap());
        (flow, Opening { bid: 10_000, levels: 20, orders: 2, lots: 5 })
    };
    let mut endless = Endless::new(vec![flow(0), flow(1)], T0).unwrap();
    (1..=STRETCHES)
        .map(|nth| {
            let events = endless.run(T0 + nth * EVERY).unwrap();
            (events.iter().map(Event::to_bytes).collect(), endless.most_live().collect())
        })
        .collect()
}

/// Stretches `first` to `last`, both included.
fn plan(
    stream: &[(Vec<[u8; Event::SIZE]>, Vec<u32>)],
    first: usize,
    last: usize,
    config: &Config,
) -> Arc<Plan> {
    let rows = stream[last].1.iter().zip(["A", "B"]).map(|(&max_live, symbol)| Instrument {
        max_live,
        base_tick: 0,
        ..instrument(symbol)
    });
    let events = stream[first..=last].iter().flat_map(|part| part.0.clone()).collect::<Vec<_>>();
    let span = (T0 + first as i64 * EVERY, T0 + (last + 1) as i64 * EVERY - 1);
    let file = EventFile::window("stretch".into(), rows.collect(), &events, span).unwrap();
    Plan::new(Arc::new(file), config.clone()).unwrap()
}

fn session(plan: &Arc<Plan>) -> Session<Ghost> {
    Session::new(plan, 0, |books| Ghost::new(books, OwnConfig::ghost())).unwrap()
}

fn act(session: &mut Session<Ghost>, step: u64) {
    let (random, mut actions) = (&mut Lcg(step), Actions::default());
    let view = session.view().unwrap();
    for instr in 0..2 {
        for side in Side::BOTH {
            let Some((ticks, _)) = view.best(instr, side) else { continue };
            actions.limit(instr, side, ticks, 1 + random.below(6) as i64, random.below(4) == 0);
        }
    }
    view.orders.iter().filter(|_| random.below(3) == 0).for_each(|own| actions.cancel(own.order));
    session.send(&actions).unwrap();
}

#[test]
fn fills_are_those_of_the_whole_stream() {
    let stream = stream();
    // One book for both sides, and two: the strategy's lags behind the exchange by more than a stretch.
    for feed in [0, 100_000, 450 * MS] {
        let config = Config { feed: Feed::Const(feed), equity_every: 0, ..config() };
        let whole = plan(&stream, 0, STRETCHES as usize - 1, &config);
        let (mut unbroken, mut parted) = (session(&whole), session(&plan(&stream, 0, 1, &config)));
        let (mut first, mut last, mut advanced) = (0, 1, 0);
        let end = T0 + (STRETCHES - 6) * EVERY;
        for step in 0.. {
            let at = unbroken.now() + 37 * MS;
            if at > end {
                break;
            }
            act(&mut unbroken, step);
            act(&mut parted, step);
            unbroken.step(Until::Time(at)).unwrap();
            let ahead = ((at - T0) / EVERY + 1) as usize;
            if ahead > last {
                let seen = parted.view().unwrap().received;
                let mut skipped = 0;
                while first < last && skipped + stream[first].0.len() <= seen {
                    skipped += stream[first].0.len();
                    first += 1;
                }
                last = ahead;
                parted.advance(&plan(&stream, first, last, &config), skipped).unwrap();
                // From here on a session that was saved and restored, every other time.
                if step % 2 == 0 {
                    let saved = parted.snapshot();
                    let plan = plan(&stream, first, last, &config);
                    parted = Session::restore(&plan, &saved, |books| Ghost::new(books, OwnConfig::ghost()))
                        .unwrap();
                }
                advanced += 1;
            }
            parted.step(Until::Time(at)).unwrap();
        }
        assert!(advanced > 20 && first > 20, "{advanced} {first}");
        assert!(unbroken.record().fills.len() > 100);
        assert_eq!(parted.record(), unbroken.record(), "feed {feed}");
        assert_eq!(parted.exchange_accounts(), unbroken.exchange_accounts());
        assert_eq!(parted.hash(), unbroken.hash());
    }
}

#[test]
fn another_stretch_is_refused() {
    let stream = stream();
    let config = Config { feed: Feed::Const(0), equity_every: 0, ..config() };
    let mut session = session(&plan(&stream, 0, 1, &config));
    session.step(Until::Time(T0 + EVERY / 2)).unwrap();
    let before = session.hash();
    let refused = |session: &mut Session<Ghost>, plan: &Arc<Plan>, skipped| {
        session.advance(plan, skipped).unwrap_err().to_string()
    };
    // Not received yet; not what comes next; other settings.
    let all = stream[0].0.len();
    assert!(refused(&mut session, &plan(&stream, 1, 2, &config), all).contains("those received"));
    assert!(refused(&mut session, &plan(&stream, 1, 2, &config), 0).contains("still has"));
    let other = Config { seed: 99, ..config.clone() };
    assert!(refused(&mut session, &plan(&stream, 0, 2, &other), 0).contains("config"));
    assert_eq!(session.hash(), before);
    session.advance(&plan(&stream, 0, 2, &config), 0).unwrap();
    assert_eq!(session.hash(), before);
}
