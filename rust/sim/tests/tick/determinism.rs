use std::sync::Arc;

use quantrl_feed::EventFile;
use quantrl_sim::tick::policy::{Noop, Quote};
use quantrl_sim::tick::{
    Config, Error, Latency, Model, Plan, Session, Table, Trip, Until, Venue, replay, replay_watched,
};

use crate::files::{Lag, T0, file, levels, mapped};
use crate::venue::Plain;
use crate::{MS, config, drive, gates, quote, session, zero_feed};

fn count() -> usize {
    if gates() { 1_000_000 } else { 20_000 }
}

fn drawn() -> Config {
    let model = Model::LogNormal { base: 50_000, mu: 12.0, sigma: 1.0, cap: 9 * MS };
    Config {
        latency: Latency { new: model.clone(), fill: model, ..Latency::constant(90_000, 0) },
        ..config()
    }
}

fn whole(file: &Arc<EventFile>, config: Config) -> Session<Plain> {
    let mut session = session(file, config);
    replay(&mut session, &mut quote(), &mut |_| true).unwrap();
    assert!(session.ended() && session.record().fills.len() > 20);
    session
}

#[test]
fn chunks_forks_and_mapping_change_nothing() {
    let events = levels(11, count(), 1, Lag::Below(900_000));
    let (read, map) = (file(&events, 1), mapped(&events, 1));
    for config in [config(), zero_feed(), drawn()] {
        let expected = whole(&read, config.clone());
        assert_eq!(whole(&map, config.clone()).hash(), expected.hash());
        for chunk in [3 * MS, 70 * MS, 1_300 * MS] {
            let mut session = session(&read, config.clone());
            drive(&mut session, &mut quote(), i64::MAX, chunk);
            assert_eq!(session.hash(), expected.hash(), "chunk {chunk}");
        }
        let (mut session, mut policy) = (session(&read, config.clone()), quote());
        drive(&mut session, &mut policy, T0 + 995 * MS, i64::MAX);
        let mut fork = session.clone();
        // What the fork does stays there.
        replay(&mut fork, &mut Noop, &mut |_| true).unwrap();
        assert_ne!(fork.hash(), expected.hash());
        let mut fork = session.clone();
        for side in [&mut fork, &mut session] {
            let mut policy = policy.clone();
            continued(side, &mut policy);
            assert_eq!(side.hash(), expected.hash());
        }
    }
}

/// Go on after `drive` stopped between two wakes of a 10 ms grid.
fn continued(session: &mut Session<Plain>, policy: &mut Quote) {
    struct At<'a>(&'a mut Quote, i64);
    impl quantrl_sim::tick::Policy for At<'_> {
        fn first(&mut self, _: i64) -> quantrl_sim::tick::NextWake {
            quantrl_sim::tick::NextWake::at(self.1)
        }
        fn wake(
            &mut self,
            view: &quantrl_sim::tick::LocalView<'_>,
            out: &mut quantrl_sim::tick::Actions,
        ) -> quantrl_sim::tick::NextWake {
            self.0.wake(view, out)
        }
    }
    let next = T0 + ((session.now() - T0) / (10 * MS) + 1) * 10 * MS;
    replay(session, &mut At(policy, next), &mut |_| true).unwrap();
}

#[test]
fn a_start_in_the_middle_is_as_if_idle_before() {
    for lag in [Lag::Const(300_000), Lag::Below(900_000), Lag::Const(0)] {
        let events = levels(12, count(), 1, lag);
        let file = file(&events, 1);
        let ts = events[count() * 2 / 3].0.ts_exch + 1;
        let mut idle = session(&file, config());
        assert!(idle.step(Until::Time(ts)).unwrap());
        let plan = Plan::new(Arc::clone(&file), config()).unwrap();
        let mut sought = Session::starting(&plan, 0, ts, |books| Ok(Plain::new(books))).unwrap();
        let rows = idle.record().equity.len();
        for session in [&mut idle, &mut sought] {
            replay(session, &mut quote(), &mut |_| true).unwrap();
        }
        assert_eq!(idle.record().fills, sought.record().fills);
        assert_eq!(idle.record().log, sought.record().log);
        assert_eq!(idle.record().equity[rows..], sought.record().equity[..]);
        assert_eq!(idle.venue().books().state_hash(), sought.venue().books().state_hash());
        assert!(sought.record().fills.len() > 10);
    }
}

#[test]
fn a_watcher_sees_progress_and_can_stop() {
    let events = levels(14, 5_000, 1, Lag::Const(350_000));
    let file = file(&events, 1);
    for latency in [Latency::constant(120_000, 350_000), Latency::constant(120_000, 0)] {
        let config = Config { latency, ..config() };
        let expected = whole(&file, config.clone());
        let (mut told, mut watched) = (Vec::new(), session(&file, config.clone()));
        let mut watch = |events| {
            told.push(events);
            true
        };
        replay_watched(&mut watched, &mut quote(), 700, &mut watch).unwrap();
        assert_eq!(watched.hash(), expected.hash());
        assert!(told.is_sorted() && told.len() >= 8 && told.last() == Some(&5_000), "{told:?}");
        let mut stopped = session(&file, config);
        let error = replay_watched(&mut stopped, &mut quote(), 700, &mut |events| events < 2_000);
        assert_eq!(error, Err(Error::Stopped));
        assert!((2_000..3_000).contains(&stopped.events()));
    }
}

#[test]
fn a_watcher_sees_wakes_too_and_can_stop_a_step() {
    let events = levels(14, 3_000, 1, Lag::Const(350_000));
    let file = file(&events, 1);
    let mut often = Quote::new(0, 1, 3, 10_000).unwrap();
    let (mut told, mut watched) = (0, session(&file, config()));
    let stopped = replay(&mut watched, &mut often, &mut |_| {
        told += 1;
        told < 2
    });
    assert_eq!((stopped, told), (Err(Error::Stopped), 2));
    assert!(watched.events() < 3_000);
    for until in [Until::End, Until::Time(T0 + 10_000 * MS), Until::Events(2_999)] {
        let mut stepped = session(&file, config());
        let stopped = stepped.step_watched(until, 700, &mut |events| events < 1_000);
        assert_eq!(stopped, Err(Error::Stopped));
        assert!((1_400..2_200).contains(&stepped.events()), "{}", stepped.events());
        // It goes on from there as one that was never stopped.
        let mut unbroken = session(&file, config());
        unbroken.step(Until::End).unwrap();
        stepped.step(Until::End).unwrap();
        assert_eq!(stepped.hash(), unbroken.hash());
    }
}

/// One book for both sides, or a book each: the strategy cannot tell.
#[test]
fn a_shared_book_changes_nothing() {
    let events = levels(13, count(), 1, Lag::Const(350_000));
    let file = file(&events, 1);
    let latency = Latency::constant(120_000, 350_000);
    let shared = Config { latency: latency.clone(), ..config() };
    // A table of the same round trip whose last row, behind the file, says that an answer may be faster.
    let trip = |req, response| Trip { req, exch: req + 120_000, resp: req + 120_000 + response };
    let far = T0 * 2;
    let rows = vec![trip(0, 350_000), trip(far, 350_000), trip(far + 1_000_000, 0)];
    let split = Config { latency: Latency::table(Table::new(rows).unwrap()), ..config() };
    let [one, two] = [shared, split].map(|config| whole(&file, config));
    assert!(one.plan().is_shared() && !two.plan().is_shared());
    assert_eq!(one.record(), two.record());
    assert_eq!(one.hash(), two.hash());
}
