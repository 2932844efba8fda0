use std::collections::BTreeSet;
use std::sync::Arc;

use quantrl_sim::tick::{Config, Feed, Latency, Model, Plan, Session, Until};

use crate::files::{Lag, Lcg, file, levels};
use crate::venue::Plain;
use crate::{MS, config, gates, session, zero_feed};

fn plan(file: &Arc<quantrl_feed::EventFile>, config: Config) -> Arc<Plan> {
    Plan::new(Arc::clone(file), config).unwrap()
}

fn restored(plan: &Arc<Plan>, bytes: &[u8]) -> Result<Session<Plain>, quantrl_sim::tick::Error> {
    Session::restore(plan, bytes, |books| Ok(Plain::new(books)))
}

/// One look and act, without a memory.
pub fn act(session: &mut Session<Plain>, random: &mut Lcg) {
    let view = session.view().unwrap();
    let mut actions = quantrl_sim::tick::Actions::default();
    for side in quantrl_lob::Side::BOTH {
        if let Some((ticks, _)) = view.best(0, side).filter(|_| random.below(3) > 0) {
            actions.limit(0, side, ticks, 1 + random.below(9) as i64, random.below(2) == 0);
        }
    }
    if let Some(own) = view.orders.iter().nth(random.below(4) as usize) {
        actions.cancel(own.order);
    }
    session.send(&actions).unwrap();
}

#[test]
fn restored_goes_on_as_if_unbroken() {
    let random = Model::LogNormal { base: 50_000, mu: 14.0, sigma: 1.0, cap: 90 * MS };
    let drawn = Latency { new: random.clone(), fill: random, ..Latency::constant(90_000, 70_000) };
    let events = levels(21, 3_000, 2, Lag::Below(900_000));
    let file = file(&events, 2);
    let points = if gates() { 100 } else { 10 };
    for config in [
        zero_feed(),
        Config { latency: drawn, allow_reorder: true, ..config() },
        Config { feed: Feed::Const(400_000), ..config() },
    ] {
        let plan = plan(&file, config.clone());
        let steps = 170;
        let (mut random, mut cuts) = (Lcg(4), BTreeSet::new());
        while cuts.len() < points {
            cuts.insert(random.below(steps));
        }
        let mut unbroken = session(&file, config.clone());
        let mut saved = Vec::new();
        for step in 0..steps {
            act(&mut unbroken, &mut Lcg(step));
            if cuts.contains(&step) {
                saved.push((step, unbroken.snapshot()));
            }
            unbroken.step(Until::Time(unbroken.now() + 9 * MS)).unwrap();
        }
        assert!(unbroken.record().fills.len() > 50 && saved.len() == points);
        for (from, bytes) in saved {
            let mut session = restored(&plan, &bytes).unwrap();
            assert_eq!(session.snapshot(), bytes);
            for step in from..steps {
                if step > from {
                    act(&mut session, &mut Lcg(step));
                }
                session.step(Until::Time(session.now() + 9 * MS)).unwrap();
            }
            assert_eq!(session.record(), unbroken.record(), "from step {from}");
            assert_eq!(session.exchange_accounts(), unbroken.exchange_accounts());
            assert_eq!(session.hash(), unbroken.hash());
        }
    }
}

#[test]
fn foreign_and_damaged_ones_are_refused() {
    let (events, others) = (levels(22, 500, 1, Lag::Const(MS)), levels(23, 500, 1, Lag::Const(MS)));
    let (ours, other) = (file(&events, 1), file(&others, 1));
    let mut session = session(&ours, config());
    for step in 0..20 {
        act(&mut session, &mut Lcg(step));
        session.step(Until::Time(session.now() + 9 * MS)).unwrap();
    }
    let bytes = session.snapshot();
    let plan_of = plan;
    let plan = plan_of(&ours, config());
    assert_eq!(restored(&plan, &bytes).unwrap().hash(), session.hash());

    let foreign = |plan: &Arc<Plan>| restored(plan, &bytes).unwrap_err().to_string();
    assert!(foreign(&plan_of(&other, config())).starts_with("saved state, file: expected sha256 "));
    assert!(
        foreign(&plan_of(&ours, Config { seed: 8, ..config() }))
            .starts_with("saved state, config: expected sha256 ")
    );
    for size in [0, 3, 80, 109, bytes.len() - 1] {
        assert!(restored(&plan, &bytes[..size]).is_err(), "{size} bytes");
    }
    let mut random = Lcg(9);
    for _ in 0..1_000 {
        let mut broken = bytes.clone();
        let at = random.below(bytes.len() as u64) as usize;
        broken[at] ^= 1 << random.below(8);
        assert!(restored(&plan, &broken).is_err(), "byte {at}");
    }
}

/// Damage with its hash put right: whatever is in there, no panic.
#[test]
fn forged_ones_do_not_panic() {
    use sha2::{Digest, Sha256};
    let events = levels(24, 400, 1, Lag::Const(MS));
    let ours = file(&events, 1);
    let mut session = session(&ours, config());
    for step in 0..20 {
        act(&mut session, &mut Lcg(step));
        session.step(Until::Time(session.now() + 5 * MS)).unwrap();
    }
    let bytes = session.snapshot();
    let plan = plan(&ours, config());
    let mut random = Lcg(10);
    let mut refused = 0;
    for _ in 0..if gates() { 20_000 } else { 1_000 } {
        let mut forged = bytes.clone();
        let end = forged.len() - 32;
        let at = random.below(end as u64) as usize;
        forged[at] ^= 1 << random.below(8);
        let hash = Sha256::digest(&forged[..end]);
        forged[end..].copy_from_slice(&hash);
        match restored(&plan, &forged) {
            Err(_) => refused += 1,
            Ok(mut session) => drop(session.step(Until::Events(50))),
        }
    }
    assert!(refused > 100);
}
