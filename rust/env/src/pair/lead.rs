//! Rules and trained policies led through every environment of a batch.

use crate::Error;
use crate::batch::each;
use crate::pair::baseline::Rule;
use crate::pair::batch::PairBatch;
use crate::pair::clock::Done;
use crate::pair::config::Settings;
use crate::pair::episode::Pair;
use crate::pair::features::CLIP;
use crate::pair::world::Scale;
use crate::policy::{QPolicy, QScratch};

/// Who decides in every environment of a batch.
pub trait Leader: Sync {
    /// What one environment's decisions need room for.
    type Room: Send;

    /// Room for one environment.
    fn room(&self) -> Self::Room;

    /// The action of one decision.
    fn act(&self, room: &mut Self::Room, pair: &Pair, settings: &Settings, scale: &Scale) -> usize;
}

impl Leader for Rule {
    type Room = ();

    fn room(&self) {}

    fn act(&self, (): &mut (), pair: &Pair, settings: &Settings, _: &Scale) -> usize {
        let (z, held, age) = pair.stance(settings);
        Rule::act(self, &settings.layout, z, held, age)
    }
}

impl Leader for QPolicy {
    type Room = (Vec<f32>, QScratch);

    fn room(&self) -> Self::Room {
        (vec![0.0; self.inputs()], QScratch::default())
    }

    fn act(&self, (obs, scratch): &mut Self::Room, pair: &Pair, settings: &Settings, scale: &Scale) -> usize {
        pair.observe(settings, scale, obs);
        QPolicy::act(self, obs, scratch).expect("observations are finite and within the clip")
    }
}

impl PairBatch {
    /// `decisions` of a rule in every environment, episodes beginning anew as they end: sums per environment of the change
    /// of wealth, of the conditional mean of the marks less costs, of costs (all in U), and of turnover.
    pub fn run_rule(&mut self, rule: Rule, decisions: usize) -> Vec<[f64; 4]> {
        self.lead(&rule, decisions)
    }

    /// The same of a trained policy.
    ///
    /// # Errors
    /// Other observations or actions than it was trained on, or numbers beyond its clip.
    pub fn run_policy(&mut self, policy: &QPolicy, decisions: usize) -> Result<Vec<[f64; 4]>, Error> {
        self.fits(policy)?;
        Ok(self.lead(policy, decisions))
    }

    /// What a rule would do now, by environment.
    pub fn rule_actions(&self, rule: Rule) -> Vec<i32> {
        let act = |pair: &Pair| Leader::act(&rule, &mut (), pair, &self.settings, &self.scale) as i32;
        self.pairs.iter().map(act).collect()
    }

    /// Whether a policy reads what these environments show.
    pub(super) fn fits(&self, policy: &QPolicy) -> Result<(), Error> {
        let (size, actions) = (self.settings.layout.size(), self.settings.layout.actions);
        let (inputs, own) = (policy.inputs(), policy.actions());
        if (inputs, own) != (size, actions) {
            return Err(Error::Config(format!(
                "policy: expected {size} inputs and {actions} actions, got {inputs} and {own}"
            )));
        }
        if f64::from(policy.clip()) < CLIP {
            let got = policy.clip();
            return Err(Error::Config(format!("policy: clip: expected at least {CLIP}, got {got}")));
        }
        Ok(())
    }

    fn lead<L: Leader>(&mut self, leader: &L, decisions: usize) -> Vec<[f64; 4]> {
        let Self { settings, scale, pairs, pool, .. } = self;
        let mut work: Vec<_> = pairs.iter_mut().map(|pair| (pair, leader.room(), [0.0; 4])).collect();
        each(pool.as_ref(), &mut work, |(pair, room, sums)| {
            for _ in 0..decisions {
                let before = pair.totals(scale);
                let action = leader.act(room, pair, settings, scale);
                let (_, done) = pair.step(settings, scale, action, None);
                let after = pair.totals(scale);
                let [expected, cost, _] = pair.truth(settings, scale);
                let gains = [after[2] - before[2], expected - cost, cost, after[4] - before[4]];
                sums.iter_mut().zip(gains).for_each(|(sum, gain)| *sum += gain);
                if done != Done::Running {
                    pair.reset(settings, scale);
                }
            }
        });
        work.into_iter().map(|(_, _, sums)| sums).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::config::Venue;
    use crate::pair::work::tests::settings;
    use crate::policy::q_tests::plain;

    #[test]
    fn a_policy_that_reads_less_than_is_shown_is_refused() {
        let mut settings = Settings { venue: Venue::Ou, work: None, at_mid: true, ..settings() };
        (settings.layout.styles, settings.layout.actions) = (1, 3);
        let size = settings.layout.size();
        let mut batch = PairBatch::new(settings, 1, 0, 0, 1, [0; 32]).unwrap();
        batch.reset_into(None, None, &mut vec![0.0; size]);
        assert!(batch.run_policy(&plain(size, 5.0), 50).is_ok());
        for said in [
            batch.run_policy(&plain(size, 2.5), 50).map(drop),
            batch.record_policy(&plain(size, 2.5), 50).map(drop),
        ] {
            assert!(matches!(&said, Err(Error::Config(said)) if said.contains("clip")), "{said:?}");
        }
    }
}
