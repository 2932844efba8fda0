//! What one thread does of a step.

use crate::pair::clock::Done;
use crate::pair::config::Settings;
use crate::pair::episode::{Alternatives, N_TOTALS, Pair};
use crate::pair::world::Scale;

/// Neighbouring environments and their parts of the outputs.
pub struct Chunk<'a> {
    pub pairs: &'a mut [Pair],
    pub actions: &'a [i32],
    pub active: Option<&'a [u8]>,
    pub obs: &'a mut [f32],
    pub rewards: &'a mut [f32],
    pub terminated: &'a mut [u8],
    pub truncated: &'a mut [u8],
    pub all: Option<(&'a mut [f32], &'a mut [f32])>,
    pub ended: Vec<Ended>,
}

/// An episode that ended in this step.
pub struct Ended {
    pub env: usize,
    pub obs: Vec<f32>,
    pub totals: [f64; N_TOTALS],
}

impl Chunk<'_> {
    /// One decision of each; finished episodes leave their last observation and begin anew.
    pub fn step(&mut self, settings: &Settings, scale: &Scale) {
        let (size, a, own) = (settings.layout.size(), settings.layout.actions, settings.layout.own());
        for (i, pair) in self.pairs.iter_mut().enumerate() {
            let stands = self.active.is_some_and(|mask| mask[i] == 0);
            let (reward, done) = if stands {
                (0.0, Done::Running)
            } else {
                let all = self.all.as_mut().map(|(rewards, rows)| Alternatives {
                    rewards: &mut rewards[i * a..(i + 1) * a],
                    own: &mut rows[i * a * own..(i + 1) * a * own],
                });
                pair.step(settings, scale, self.actions[i] as usize, all)
            };
            self.rewards[i] = reward as f32;
            self.terminated[i] = u8::from(done == Done::Terminated);
            self.truncated[i] = u8::from(done == Done::Truncated);
            let obs = &mut self.obs[i * size..(i + 1) * size];
            pair.observe(settings, scale, obs);
            if done != Done::Running {
                self.ended.push(Ended { env: i, obs: obs.to_vec(), totals: pair.totals(scale) });
                pair.reset(settings, scale);
                pair.observe(settings, scale, obs);
            }
        }
    }
}
