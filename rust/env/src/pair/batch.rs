//! N pair environments stepped in one call, into arrays of the caller.

use quantrl_rng::Key;

use crate::Error;
use crate::batch::each;
use crate::pair::chunk::Chunk;
use crate::pair::config::{N_THETA, Settings, Theta};
use crate::pair::episode::{N_TOTALS, Pair};
use crate::pair::layout::Features;
use crate::pair::tape;
use crate::pair::world::Scale;

const CHUNK: usize = 32;
/// Work that threads start to pay for.
const SERIAL_NS: usize = 50_000;
const MAGIC: &[u8; 4] = b"QPP5";
const HEADER: usize = 44;

/// Where a step writes. All row-major; `finished`, `last_obs` and `totals` have room for every environment.
pub struct Outputs<'a> {
    /// (N, D).
    pub obs: &'a mut [f32],
    /// (N,).
    pub rewards: &'a mut [f32],
    /// (N,) 1 where an episode ended for good.
    pub terminated: &'a mut [u8],
    /// (N,) 1 where it was cut off.
    pub truncated: &'a mut [u8],
    /// (N,) environments that finished.
    pub finished: &'a mut [i32],
    /// (N, D) their last observations.
    pub last_obs: &'a mut [f32],
    /// (N, 8) their totals.
    pub totals: &'a mut [f64],
    /// (N, A) what each action would have earned, and (N, A, O) the own position it would have left.
    pub all: Option<(&'a mut [f32], &'a mut [f32])>,
}

/// Environments with one configuration. Environment i has stream `env_id0 + i`, so a batch split in two gives the same
/// episodes.
pub struct PairBatch {
    pub(super) settings: Settings,
    pub(super) scale: Scale,
    pub(super) pairs: Vec<Pair>,
    pub(super) pool: Option<rayon::ThreadPool>,
    fingerprint: [u8; 32],
}

impl PairBatch {
    /// `fingerprint` names the settings in a saved state.
    ///
    /// # Errors
    /// Settings no world can serve, threads that cannot be started.
    pub fn new(
        settings: Settings,
        n: usize,
        seed: u64,
        env_id0: u64,
        threads: usize,
        fingerprint: [u8; 32],
    ) -> Result<Self, Error> {
        settings.check()?;
        tape::check(&settings)?;
        if n == 0 || threads == 0 {
            return Err(Error::Config(format!("n_envs, threads: expected at least 1, got {n}, {threads}")));
        }
        let pairs = (0..n as u64).map(|i| Pair::new(Key { seed, stream: env_id0 + i }, &settings)).collect();
        let scale = Scale::of(&settings);
        let pool = Self::pool(&settings, n, threads)?;
        Ok(Self { settings, scale, pairs, pool, fingerprint })
    }

    fn pool(settings: &Settings, n: usize, threads: usize) -> Result<Option<rayon::ThreadPool>, Error> {
        let decision_ns = match (&settings.work, settings.layout.features) {
            (Some(_), _) => 2_000,
            (None, Features::Core) => 250,
            (None, Features::Full) => 900,
        };
        (threads > 1 && n * decision_ns >= SERIAL_NS)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads - 1).build())
            .transpose()
            .map_err(|error| Error::Config(format!("threads: {threads} cannot be started: {error}")))
    }

    /// Number of environments.
    pub fn n(&self) -> usize {
        self.pairs.len()
    }

    /// What an episode is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Environments in order, for reading.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Money and lots.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Begin new episodes where `mask` is set, all of them without one; a seed starts the streams anew.
    pub fn reset_into(&mut self, seed: Option<u64>, mask: Option<&[u8]>, obs: &mut [f32]) {
        let Self { settings, scale, pairs, pool, .. } = self;
        let size = settings.layout.size();
        let rows = pairs.iter_mut().zip(obs.chunks_exact_mut(size)).enumerate();
        let mut work: Vec<_> = rows.collect();
        each(pool.as_ref(), &mut work, |(i, (pair, obs))| {
            if let Some(seed) = seed {
                pair.reseed(seed);
            }
            if mask.is_none_or(|mask| mask[*i] != 0) {
                pair.reset(settings, scale);
            }
            pair.observe(settings, scale, obs);
        });
    }

    /// One decision of every environment; returns how many finished. Their last observations and totals are in the first
    /// rows of the outputs, in order of environment, and they have begun anew. Where `active` is 0 an environment stands
    /// still. Equal bits for any number of threads.
    ///
    /// # Errors
    /// An action outside 0..A: the environment. Counterfactual actions where orders may rest, which would meet each other's
    /// in the books. Nothing has changed then.
    pub fn step_into(
        &mut self,
        actions: &[i32],
        active: Option<&[u8]>,
        out: Outputs<'_>,
    ) -> Result<usize, Error> {
        let Self { settings, scale, pairs, pool, .. } = self;
        check(actions, active, settings.layout.actions)?;
        if out.all.is_some() && settings.layout.styles > 1 {
            let got = settings.layout.styles;
            return Err(Error::Config(format!(
                "all: styles: expected 1 with counterfactual actions, got {got}"
            )));
        }
        let (size, a, own) = (settings.layout.size(), settings.layout.actions, settings.layout.own());
        let (mut all_rewards, mut all_own) = out.all.unzip();
        let mut rewards_of = |m: usize| all_rewards.as_mut().map(|rest| take(rest, m * a));
        let mut own_of = |m: usize| all_own.as_mut().map(|rest| take(rest, m * a * own));
        let parts = pairs
            .chunks_mut(CHUNK)
            .zip(actions.chunks(CHUNK))
            .zip(out.obs.chunks_mut(CHUNK * size))
            .zip(out.rewards.chunks_mut(CHUNK))
            .zip(out.terminated.chunks_mut(CHUNK).zip(out.truncated.chunks_mut(CHUNK)))
            .enumerate();
        let mut chunks = Vec::with_capacity(actions.len().div_ceil(CHUNK));
        for (position, ((((pairs, actions), obs), rewards), (terminated, truncated))) in parts {
            let m = pairs.len();
            let active = active.map(|mask| &mask[position * CHUNK..position * CHUNK + m]);
            let all = rewards_of(m).zip(own_of(m));
            let ended = Vec::new();
            chunks.push(Chunk { pairs, actions, active, obs, rewards, terminated, truncated, all, ended });
        }
        each(pool.as_ref(), &mut chunks, |chunk| chunk.step(settings, scale));
        let ended = chunks.iter().enumerate().flat_map(|(c, chunk)| chunk.ended.iter().map(move |e| (c, e)));
        let mut total = 0;
        for (slot, (chunk, ended)) in ended.enumerate() {
            out.finished[slot] = (chunk * CHUNK + ended.env) as i32;
            out.last_obs[slot * size..(slot + 1) * size].copy_from_slice(&ended.obs);
            out.totals[slot * N_TOTALS..(slot + 1) * N_TOTALS].copy_from_slice(&ended.totals);
            total = slot + 1;
        }
        Ok(total)
    }

    /// Theta of every environment from its next reset on, (N, 5) in the order of [`Theta::NAMES`]; without, it is drawn.
    ///
    /// # Errors
    /// A value out of range: environment and name. Nothing has changed then.
    pub fn set_theta(&mut self, values: Option<&[f64]>) -> Result<(), Error> {
        let Some(values) = values else {
            self.pairs.iter_mut().for_each(|pair| pair.set_theta(None));
            return Ok(());
        };
        let given: Vec<Theta> = values.as_chunks::<N_THETA>().0.iter().map(|row| Theta::of(*row)).collect();
        for (env, theta) in given.iter().enumerate() {
            theta
                .check(&self.settings)
                .map_err(|error| Error::Config(format!("environment {env}: {error}")))?;
        }
        self.pairs.iter_mut().zip(given).for_each(|(pair, theta)| pair.set_theta(Some(theta)));
        Ok(())
    }

    /// Only flat is legal where `mask` is set, from now on.
    pub fn stand_down(&mut self, mask: &[u8]) {
        self.pairs.iter_mut().zip(mask).for_each(|(pair, flag)| pair.stand_down(*flag != 0));
    }

    /// A batch of `n` copies of one environment, with its stream: the same market, whatever each of them does.
    ///
    /// # Errors
    /// No such environment, or none asked for.
    pub fn fork(&self, env: usize, n: usize) -> Result<Self, Error> {
        let Some(pair) = self.pairs.get(env) else {
            return Err(Error::Data(format!("env: expected 0 to {}, got {env}", self.n() - 1)));
        };
        if n == 0 {
            return Err(Error::Config("n_envs: expected at least 1, got 0".into()));
        }
        Ok(Self {
            settings: self.settings.clone(),
            scale: self.scale,
            pairs: vec![pair.clone(); n],
            pool: None,
            fingerprint: self.fingerprint,
        })
    }

    /// Every state, with a header that names the format and the settings.
    pub fn state_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.fingerprint);
        bytes.extend((self.n() as u64).to_le_bytes());
        let works = self.settings.work.is_some();
        self.pairs.iter().for_each(|pair| pair.save(works, &mut bytes));
        bytes
    }

    /// Take over what `state_bytes` gave.
    ///
    /// # Errors
    /// Another format, configuration or number of environments, or values out of range; nothing has changed.
    pub fn load_state_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let fail = |field: &str| Err(Error::Data(format!("state: {field} is not that of this batch")));
        if bytes.len() < HEADER || &bytes[..4] != MAGIC {
            return fail("format");
        }
        if bytes[4..36] != self.fingerprint {
            return fail("configuration");
        }
        let mut own = Vec::new();
        self.pairs[0].save(self.settings.work.is_some(), &mut own);
        let states = &bytes[HEADER..];
        if bytes[36..HEADER] != (self.n() as u64).to_le_bytes() || states.len() != own.len() * self.n() {
            return fail("number of environments");
        }
        let each = states.chunks_exact(own.len());
        self.pairs = each.map(|bytes| Pair::load(bytes, &self.settings)).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Observations as they stand.
    pub fn observe_into(&self, obs: &mut [f32]) {
        for (pair, out) in self.pairs.iter().zip(obs.chunks_exact_mut(self.settings.layout.size())) {
            pair.observe(&self.settings, &self.scale, out);
        }
    }
}

/// Cut `len` values off the front.
fn take<'a>(rest: &mut &'a mut [f32], len: usize) -> &'a mut [f32] {
    let (front, back) = std::mem::take(rest).split_at_mut(len);
    *rest = back;
    front
}

fn check(actions: &[i32], active: Option<&[u8]>, n_actions: usize) -> Result<(), Error> {
    let moves = |env: usize| active.is_none_or(|mask| mask[env] != 0);
    let bad = |&(env, &action): &(usize, &i32)| !(0..n_actions as i32).contains(&action) && moves(env);
    match actions.iter().enumerate().find(bad) {
        None => Ok(()),
        Some((env, action)) => Err(Error::Order(format!(
            "environment {env}: action: expected 0 to {}, got {action}",
            n_actions - 1
        ))),
    }
}
