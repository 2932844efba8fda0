//! N environments stepped in one call, into arrays of the caller.

use std::sync::{Arc, Mutex, PoisonError};

use quantrl_rng::Key;

use crate::Error;
use crate::market::Market;
use crate::portfolio::{Done, Episode, Mode, Recorded, Settings, Work};

/// Below this many weights threads cost more than they save.
const SERIAL: usize = 4_096;
const CHUNK: usize = 64;
const MAGIC: &[u8; 4] = b"QPB1";

/// Where a step writes. All row-major; the last three have room for every environment.
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
    /// (N, 3) their reward sum, decisions and wealth.
    pub totals: &'a mut [f64],
}

/// Environments on one market. Environment i has stream `env_id0 + i`, so a batch split in two gives the same episodes.
pub struct PortfolioBatch {
    market: Arc<Market>,
    settings: Settings,
    episodes: Vec<Episode>,
    segment: (usize, usize),
    starts: (usize, usize),
    works: Vec<Work>,
    pool: Option<rayon::ThreadPool>,
    fingerprint: [u8; 32],
}

struct Chunk<'a> {
    episodes: &'a mut [Episode],
    actions: &'a [f32],
    active: Option<&'a [u8]>,
    obs: &'a mut [f32],
    rewards: &'a mut [f32],
    terminated: &'a mut [u8],
    truncated: &'a mut [u8],
    work: &'a mut Work,
    finished: usize,
}

struct Finished<'a> {
    chunk: Chunk<'a>,
    first: usize,
    indices: &'a mut [i32],
    last_obs: &'a mut [f32],
    totals: &'a mut [f64],
}

impl PortfolioBatch {
    /// `segment` is a half-open range of rows; `fingerprint` names market and settings in a saved state.
    ///
    /// # Errors
    /// Settings the market cannot serve, a segment that is too short, threads that cannot be started.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        market: Arc<Market>,
        settings: Settings,
        n: usize,
        seed: u64,
        env_id0: u64,
        segment: (usize, usize),
        threads: usize,
        record: bool,
        fingerprint: [u8; 32],
    ) -> Result<Self, Error> {
        settings.check(&market)?;
        if n == 0 || threads == 0 {
            return Err(Error::Config(format!("n_envs, threads: expected at least 1, got {n}, {threads}")));
        }
        let parallel = threads > 1 && n * (settings.assets() + 1) >= SERIAL;
        let pool = parallel
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads - 1).build())
            .transpose()
            .map_err(|error| Error::Config(format!("threads: {threads} cannot be started: {error}")))?;
        let episodes = (0..n as u64)
            .map(|i| Episode::new(Key { seed, stream: env_id0 + i }, &settings, record))
            .collect();
        let works = vec![Work::new(settings.assets()); n.div_ceil(CHUNK)];
        let mut batch =
            Self { market, settings, episodes, segment, starts: (0, 0), works, pool, fingerprint };
        batch.set_segment(segment)?;
        Ok(batch)
    }

    /// Episodes from the next reset on lie in these rows.
    ///
    /// # Errors
    /// Outside the market, too short, or with fewer assets than an episode needs; the old segment stays.
    pub fn set_segment(&mut self, segment: (usize, usize)) -> Result<(), Error> {
        let (start, end) = segment;
        if start >= end || end > self.market.rows() {
            return Err(Error::Data(format!(
                "segment: expected rows within 0..{}, got {start}..{end}",
                self.market.rows()
            )));
        }
        let starts = self.settings.starts(segment)?;
        if starts.0 + 1 < self.settings.layout.window {
            return Err(Error::Data(format!(
                "segment: expected a first row of at least {} (window - 1), got {}",
                self.settings.layout.window - 1,
                starts.0
            )));
        }
        self.check_assets(starts.0)?;
        (self.segment, self.starts) = (segment, starts);
        Ok(())
    }

    fn check_assets(&self, row: usize) -> Result<(), Error> {
        let opens = (row + 1 - self.settings.layout.window) as i64;
        let late = (0..self.market.n_all()).filter(|&i| self.market.first(i) > opens);
        let k = self.settings.assets();
        if self.settings.layout.ids {
            let eligible = self.market.n_all() - late.count();
            return if eligible >= k {
                Ok(())
            } else {
                Err(Error::Data(format!("n_assets: {k} needed, {eligible} have a full window at row {row}")))
            };
        }
        match late.take(1).next() {
            None => Ok(()),
            Some(i) => Err(Error::Data(format!(
                "instrument {i}: expected prices from row {opens} on, the first is at row {}",
                self.market.first(i)
            ))),
        }
    }

    /// Number of environments.
    pub fn n(&self) -> usize {
        self.episodes.len()
    }

    /// Numbers in one observation.
    pub fn size(&self) -> usize {
        self.settings.layout.size()
    }

    /// K + 1.
    pub fn n_actions(&self) -> usize {
        self.settings.assets() + 1
    }

    /// States, in order.
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// Recorded bars of one environment.
    pub fn recorded(&self, env: usize) -> &[Recorded] {
        self.episodes[env].recorded.as_deref().unwrap_or_default()
    }

    /// Begin new episodes where `mask` is set, all of them without one; a seed starts the streams anew.
    pub fn reset_into(&mut self, seed: Option<u64>, mask: Option<&[u8]>, obs: &mut [f32]) {
        let size = self.size();
        for (i, episode) in self.episodes.iter_mut().enumerate() {
            if let Some(seed) = seed {
                episode.reseed(seed);
            }
            if mask.is_none_or(|mask| mask[i] != 0) {
                episode.reset(&self.market, &self.settings, self.starts);
            }
            episode.observe(&self.market, &self.settings, &mut obs[i * size..(i + 1) * size]);
        }
    }

    /// One decision of every environment; returns how many finished. Their last observations and totals are in the first
    /// rows of the outputs, in order of environment, and they have begun anew. Where `active` is 0 an environment stands
    /// still. Equal bits for any number of threads.
    ///
    /// # Errors
    /// An action that is not finite, or no portfolio under `identity`: the environment. Nothing has changed then.
    pub fn step_into(
        &mut self,
        actions: &[f32],
        active: Option<&[u8]>,
        out: Outputs<'_>,
    ) -> Result<usize, Error> {
        let width = self.n_actions();
        let moves = |env: usize| active.is_none_or(|mask| mask[env] != 0);
        if !self.settings.action.passes(actions) {
            for (env, action) in actions.chunks_exact(width).enumerate().filter(|(env, _)| moves(*env)) {
                self.settings.action.check(action).map_err(|error| match error {
                    Error::Order(message) => Error::Order(format!("environment {env}: {message}")),
                    other => other,
                })?;
            }
        }
        let size = self.size();
        let Self { market, settings, episodes, segment, starts, works, pool, .. } = self;
        let mut chunks = Vec::with_capacity(works.len());
        let parts = episodes
            .chunks_mut(CHUNK)
            .zip(actions.chunks(CHUNK * width))
            .zip(out.obs.chunks_mut(CHUNK * size))
            .zip(out.rewards.chunks_mut(CHUNK))
            .zip(out.terminated.chunks_mut(CHUNK).zip(out.truncated.chunks_mut(CHUNK)))
            .zip(works.iter_mut());
        for (((((episodes, actions), obs), rewards), (terminated, truncated)), work) in parts {
            let first = chunks.len() * CHUNK;
            let active = active.map(|mask| &mask[first..first + episodes.len()]);
            chunks.push(Chunk {
                episodes,
                actions,
                active,
                obs,
                rewards,
                terminated,
                truncated,
                work,
                finished: 0,
            });
        }
        let step = |chunk: &mut Chunk<'_>| chunk.step(market, settings, segment.1, width, size);
        each(pool.as_ref(), &mut chunks, step);
        let total = chunks.iter().map(|chunk| chunk.finished).sum();
        let mut finished = split_finished(chunks, out.finished, out.last_obs, out.totals, size);
        let renew = |part: &mut Finished<'_>| part.renew(market, settings, *starts, size);
        each(pool.as_ref().filter(|_| total > CHUNK), &mut finished, renew);
        Ok(total)
    }

    /// Every state, with a header that names the format, the market and the settings.
    pub fn state_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.fingerprint);
        bytes.extend((self.n() as u64).to_le_bytes());
        self.episodes.iter().for_each(|episode| episode.save(&mut bytes));
        bytes
    }

    /// Take over what `state_bytes` gave.
    ///
    /// # Errors
    /// Another format, market, settings or number of environments, or values out of range; nothing has changed.
    pub fn load_state_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let each = 8 * Episode::words(self.settings.assets());
        let fail = |field: &str| Err(Error::Data(format!("state: {field} is not that of this batch")));
        if bytes.len() < 44 || &bytes[..4] != MAGIC {
            return fail("format");
        }
        if bytes[4..36] != self.fingerprint {
            return fail("market or configuration");
        }
        if bytes[36..44] != (self.n() as u64).to_le_bytes() || bytes.len() != 44 + each * self.n() {
            return fail("number of environments");
        }
        let mut episodes = self.episodes.clone();
        for (episode, bytes) in episodes.iter_mut().zip(bytes[44..].chunks_exact(each)) {
            episode.load(bytes, &self.settings, self.market.rows(), self.market.n_all())?;
        }
        self.episodes = episodes;
        Ok(())
    }

    /// Observations as they stand.
    pub fn observe_into(&self, obs: &mut [f32]) {
        for (episode, out) in self.episodes.iter().zip(obs.chunks_exact_mut(self.size())) {
            episode.observe(&self.market, &self.settings, out);
        }
    }
}

/// Do `work` on every part. The calling thread does its share, so nothing waits for a sleeping one.
pub(crate) fn each<T: Send>(pool: Option<&rayon::ThreadPool>, parts: &mut [T], work: impl Fn(&mut T) + Sync) {
    let Some(pool) = pool else {
        return parts.iter_mut().for_each(work);
    };
    let queue = Mutex::new(parts.iter_mut());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = || std::iter::from_fn(next).for_each(&work);
    pool.in_place_scope(|scope| {
        (0..pool.current_num_threads()).for_each(|_| scope.spawn(|_| share()));
        share();
    });
}

impl Chunk<'_> {
    fn step(&mut self, market: &Market, settings: &Settings, end: usize, width: usize, size: usize) {
        for (i, episode) in self.episodes.iter_mut().enumerate() {
            let action = &self.actions[i * width..(i + 1) * width];
            let stands = self.active.is_some_and(|mask| mask[i] == 0);
            let (reward, done) = if stands {
                (0.0, Done::Running)
            } else {
                episode.step(market, settings, action, end, self.work)
            };
            self.rewards[i] = reward as f32;
            self.terminated[i] = u8::from(done == Done::Terminated);
            self.truncated[i] = u8::from(done == Done::Truncated);
            self.finished += usize::from(done != Done::Running);
            episode.observe(market, settings, &mut self.obs[i * size..(i + 1) * size]);
        }
    }
}

fn split_finished<'a>(
    chunks: Vec<Chunk<'a>>,
    mut indices: &'a mut [i32],
    mut last_obs: &'a mut [f32],
    mut totals: &'a mut [f64],
    size: usize,
) -> Vec<Finished<'a>> {
    let mut parts = Vec::with_capacity(chunks.len());
    for (position, chunk) in chunks.into_iter().enumerate() {
        let m = chunk.finished;
        let (i, rest_i) = indices.split_at_mut(m);
        let (o, rest_o) = last_obs.split_at_mut(m * size);
        let (t, rest_t) = totals.split_at_mut(m * 3);
        (indices, last_obs, totals) = (rest_i, rest_o, rest_t);
        parts.push(Finished { chunk, first: position * CHUNK, indices: i, last_obs: o, totals: t });
    }
    parts
}

impl Finished<'_> {
    fn renew(&mut self, market: &Market, settings: &Settings, starts: (usize, usize), size: usize) {
        let Chunk { episodes, obs, terminated, truncated, finished, .. } = &mut self.chunk;
        let mut slot = 0;
        for i in (0..episodes.len()).filter(|_| *finished > 0) {
            if terminated[i] | truncated[i] == 0 {
                continue;
            }
            let row = &mut obs[i * size..(i + 1) * size];
            self.indices[slot] = (self.first + i) as i32;
            self.last_obs[slot * size..(slot + 1) * size].copy_from_slice(row);
            self.totals[slot * 3..(slot + 1) * 3].copy_from_slice(&episodes[i].totals());
            // An evaluation is one episode: it stays where it ended, with its bars and its last target.
            if settings.mode != Mode::Evaluate {
                episodes[i].reset(market, settings, starts);
                episodes[i].observe(market, settings, row);
            }
            slot += 1;
        }
    }
}
