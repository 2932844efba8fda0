//! `rust/env/src/pair` for Python: settings and batches of pair environments.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use numpy::ndarray::{Array2, ArrayBase, OwnedRepr};
use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use quantrl_env::pair::baseline::Rule;
use quantrl_env::pair::{
    Features, HedgeKind, Layout, Mode, N_THETA, N_TOTALS, Noise, Outputs, Pair, RewardKind, Settings, Stocks,
    Theta, Venue, ZKind, batch, phi, stationary_step,
};

use crate::bar::choose;
use crate::env::writable;
use crate::errors::{config_error, data_error, env_error, order_error};
use crate::pair_tape::PairTape;
use crate::pair_work::PairWork;
use crate::q_policy::NativeQ;
use crate::stats::arrays::cells;

/// What an episode is; fields as in `quantrl.envs.PairConfig`.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PairSettings(pub(crate) Settings);

#[pymethods]
impl PairSettings {
    #[new]
    #[pyo3(signature = (*, venue, mode, kappa_dt, step_sd, s, cost, dt_ms, notional, at_mid, slip_ticks, depth_units,
        n_actions, features, z, hedge, alpha, beta, fees, latency_sigma, window, episode_len, ruin, loss_limit, reward, risk_aversion, stock, noise, theta_low, theta_high,
        theta_in_obs, styles=1, rehedges=false, work=None))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        venue: &str,
        mode: &str,
        kappa_dt: f64,
        step_sd: Option<f64>,
        s: f64,
        cost: f64,
        dt_ms: f64,
        notional: f64,
        at_mid: bool,
        slip_ticks: i64,
        depth_units: f64,
        n_actions: usize,
        features: &str,
        z: &str,
        hedge: &str,
        alpha: f64,
        beta: f64,
        fees: [f64; 2],
        latency_sigma: f64,
        window: usize,
        episode_len: u64,
        ruin: f64,
        loss_limit: f64,
        reward: &str,
        risk_aversion: f64,
        stock: Option<[f64; 3]>,
        noise: [f64; 3],
        theta_low: [f64; N_THETA],
        theta_high: [f64; N_THETA],
        theta_in_obs: bool,
        styles: usize,
        rehedges: bool,
        work: Option<&PairWork>,
    ) -> PyResult<Self> {
        let reward = match reward {
            "pnl" => RewardKind::Pnl { risk_aversion },
            "differential_sharpe" => RewardKind::DifferentialSharpe,
            other => {
                return Err(config_error(format!(
                    "reward: expected one of pnl, differential_sharpe, got {other:?}"
                )));
            }
        };
        if !matches!(styles, 1 | 2) || (n_actions != 3 * styles && n_actions != 5 * styles) {
            return Err(config_error(format!(
                "n_actions, styles: expected 3 or 5 targets by 1 or 2 styles, got {n_actions}, {styles}"
            )));
        }
        let settings = Settings {
            venue: choose("venue", &Venue::TABLE, venue)?,
            mode: choose("mode", &Mode::TABLE, mode)?,
            kappa_dt,
            phi: phi(kappa_dt),
            step_sd: step_sd.unwrap_or_else(|| stationary_step(kappa_dt)),
            s,
            cost,
            dt_ms,
            notional,
            at_mid,
            slip_ticks,
            depth_units,
            episode_len,
            ruin,
            loss_limit,
            reward,
            stock: stock.map(|[low, high, unit]| Stocks { low, high, unit }),
            z: choose("z", &ZKind::TABLE, z)?,
            hedge: choose("hedge", &HedgeKind::TABLE, hedge)?,
            alpha,
            beta,
            noise: Noise { q: [noise[0], noise[1]], r: noise[2] },
            fees,
            latency_sigma,
            stage: None,
            work: work.map(|work| work.0),
            rehedges,
            window,
            theta: (Theta::of(theta_low), Theta::of(theta_high)),
            layout: Layout {
                features: choose("features", &Features::TABLE, features)?,
                actions: n_actions,
                styles,
                statistics: reward == RewardKind::DifferentialSharpe,
                theta: theta_in_obs,
                stock: stock.is_some(),
            },
        };
        settings.check().map_err(env_error)?;
        Ok(Self(settings))
    }
}

/// N pair environments stepped in one call.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PairBatch(Mutex<batch::PairBatch>);

impl PairBatch {
    pub(crate) fn with<T>(&self, body: impl FnOnce(&mut batch::PairBatch) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sizes(&self) -> (usize, Layout) {
        self.with(|b| (b.n(), b.settings().layout))
    }

    fn rows<'py, T: Element, const W: usize>(
        &self,
        py: Python<'py>,
        of: impl Fn(&Pair, &batch::PairBatch) -> [T; W],
    ) -> Bound<'py, PyArray2<T>> {
        let rows: Vec<T> = self.with(|b| b.pairs().iter().flat_map(|pair| of(pair, b)).collect());
        table(py, rows, W)
    }
}

/// (rows, width) from cells in order.
fn table<T: Element>(py: Python<'_>, cells: Vec<T>, width: usize) -> Bound<'_, PyArray2<T>> {
    let made: ArrayBase<OwnedRepr<T>, _> =
        Array2::from_shape_vec((cells.len() / width, width), cells).expect("whole rows");
    made.into_pyarray(py)
}

#[pymethods]
impl PairBatch {
    #[new]
    #[pyo3(signature = (settings, *, n_envs, seed, env_id0, threads, fingerprint, tape=None, segment=None))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        settings: &PairSettings,
        n_envs: usize,
        seed: u64,
        env_id0: u64,
        threads: usize,
        fingerprint: [u8; 32],
        tape: Option<&PairTape>,
        segment: Option<(f64, f64)>,
    ) -> PyResult<Self> {
        let mut settings = settings.0.clone();
        settings.stage = tape.map(|tape| tape.staged(segment.unwrap_or((0.0, 1.0)))).transpose()?;
        batch::PairBatch::new(settings, n_envs, seed, env_id0, threads, fingerprint)
            .map(|b| Self(Mutex::new(b)))
            .map_err(env_error)
    }

    #[pyo3(signature = (obs, seed=None, mask=None))]
    fn reset_into(
        &self,
        py: Python<'_>,
        obs: &Bound<'_, PyArray2<f32>>,
        seed: Option<u64>,
        mask: Option<PyReadonlyArray1<'_, u8>>,
    ) -> PyResult<()> {
        let (n, layout) = self.sizes();
        let mut obs = writable("obs", obs, n * layout.size())?;
        let mask = mask.as_ref().map(|m| flags("mask", m, n)).transpose()?;
        let obs = obs.as_slice_mut().expect("contiguity was checked");
        py.detach(|| self.with(|b| b.reset_into(seed, mask, obs)));
        Ok(())
    }

    /// Where `active` is 0 an environment stands still: its observation is written again, its reward is 0.
    #[pyo3(signature = (actions, obs, rewards, terminated, truncated, fin_idx, fin_obs, ep_stats, active=None,
        all_rewards=None, all_own=None))]
    #[allow(clippy::too_many_arguments)]
    fn step_into(
        &self,
        py: Python<'_>,
        actions: PyReadonlyArray1<'_, i32>,
        obs: &Bound<'_, PyArray2<f32>>,
        rewards: &Bound<'_, PyArray1<f32>>,
        terminated: &Bound<'_, PyArray1<u8>>,
        truncated: &Bound<'_, PyArray1<u8>>,
        fin_idx: &Bound<'_, PyArray1<i32>>,
        fin_obs: &Bound<'_, PyArray2<f32>>,
        ep_stats: &Bound<'_, PyArray2<f64>>,
        active: Option<PyReadonlyArray1<'_, u8>>,
        all_rewards: Option<&Bound<'_, PyArray2<f32>>>,
        all_own: Option<&Bound<'_, PyArray3<f32>>>,
    ) -> PyResult<usize> {
        let (n, layout) = self.sizes();
        let (size, a) = (layout.size(), layout.actions);
        if actions.shape() != [n] {
            return Err(order_error(format!("actions: expected shape ({n},), got {:?}", actions.shape())));
        }
        let actions = cells("actions", &actions)?;
        let mut obs = writable("obs", obs, n * size)?;
        let mut rewards = writable("rewards", rewards, n)?;
        let mut terminated = writable("terminated", terminated, n)?;
        let mut truncated = writable("truncated", truncated, n)?;
        let mut finished = writable("fin_idx", fin_idx, n)?;
        let mut last_obs = writable("fin_obs", fin_obs, n * size)?;
        let mut totals = writable("ep_stats", ep_stats, n * N_TOTALS)?;
        let mut all_rewards = all_rewards.map(|array| writable("all_rewards", array, n * a)).transpose()?;
        let mut all_own =
            all_own.map(|array| writable("all_own", array, n * a * layout.own())).transpose()?;
        let active = active.as_ref().map(|m| flags("active", m, n)).transpose()?;
        let all = match (&mut all_rewards, &mut all_own) {
            (None, None) => None,
            (Some(rewards), Some(own)) => Some((
                rewards.as_slice_mut().expect("contiguity was checked"),
                own.as_slice_mut().expect("contiguity was checked"),
            )),
            _ => return Err(data_error("all_rewards, all_own: expected both or none")),
        };
        let out = Outputs {
            obs: obs.as_slice_mut().expect("contiguity was checked"),
            rewards: rewards.as_slice_mut().expect("contiguity was checked"),
            terminated: terminated.as_slice_mut().expect("contiguity was checked"),
            truncated: truncated.as_slice_mut().expect("contiguity was checked"),
            finished: finished.as_slice_mut().expect("contiguity was checked"),
            last_obs: last_obs.as_slice_mut().expect("contiguity was checked"),
            totals: totals.as_slice_mut().expect("contiguity was checked"),
            all,
        };
        py.detach(|| self.with(|b| b.step_into(actions, active, out))).map_err(env_error)
    }

    /// Seconds that `steps` calls take with these (M, N) actions in turn; nothing crosses into Python meanwhile.
    fn bench(&self, py: Python<'_>, actions: PyReadonlyArray2<'_, i32>, steps: usize) -> PyResult<f64> {
        let (n, layout) = self.sizes();
        let size = layout.size();
        if actions.shape()[0] == 0 || actions.shape()[1] != n {
            return Err(order_error(format!("actions: expected (M, {n}), got {:?}", actions.shape())));
        }
        let actions = cells("actions", &actions)?;
        py.detach(|| {
            self.with(|b| {
                let (mut obs, mut last_obs) = (vec![0.0; n * size], vec![0.0; n * size]);
                let (mut rewards, mut finished) = (vec![0.0; n], vec![0; n]);
                let (mut terminated, mut truncated) = (vec![0; n], vec![0; n]);
                let mut totals = vec![0.0; N_TOTALS * n];
                let begun = Instant::now();
                for row in actions.chunks_exact(n).cycle().take(steps) {
                    let out = Outputs {
                        obs: &mut obs,
                        rewards: &mut rewards,
                        terminated: &mut terminated,
                        truncated: &mut truncated,
                        finished: &mut finished,
                        last_obs: &mut last_obs,
                        totals: &mut totals,
                        all: None,
                    };
                    b.step_into(row, None, out)?;
                }
                Ok(begun.elapsed().as_secs_f64())
            })
        })
        .map_err(env_error)
    }

    /// `decisions` of a rule everywhere: (N, 4) change of wealth, conditional mean less costs, costs, turnover.
    fn run_rule<'py>(
        &self,
        py: Python<'py>,
        rule: &str,
        numbers: Vec<f64>,
        decisions: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let rule = Rule::of(rule, &numbers).map_err(env_error)?;
        let sums = py.detach(|| self.with(|b| b.run_rule(rule, decisions)));
        Ok(table(py, sums.into_iter().flatten().collect(), 4))
    }

    /// (N,) what a rule would do now.
    fn rule_actions<'py>(
        &self,
        py: Python<'py>,
        rule: &str,
        numbers: Vec<f64>,
    ) -> PyResult<Bound<'py, PyArray1<i32>>> {
        let rule = Rule::of(rule, &numbers).map_err(env_error)?;
        Ok(self.with(|b| b.rule_actions(rule)).into_pyarray(py))
    }

    fn run_policy<'py>(
        &self,
        py: Python<'py>,
        policy: &Bound<'py, NativeQ>,
        decisions: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let policy = policy.get().policy();
        let sums = py.detach(|| self.with(|b| b.run_policy(policy, decisions))).map_err(env_error)?;
        Ok(table(py, sums.into_iter().flatten().collect(), 4))
    }

    /// (N, A) legality bits.
    fn action_masks<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<u8>> {
        let (n, layout) = self.sizes();
        let mut bits = vec![0; n * layout.actions];
        self.with(|b| {
            for (pair, row) in b.pairs().iter().zip(bits.chunks_exact_mut(layout.actions)) {
                pair.masks(b.settings(), b.scale(), row);
            }
        });
        table(py, bits, layout.actions)
    }

    /// (N, 3) conditional mean of the last change of mark and cost of the last decision, in U, and x / s now.
    fn truth<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        self.rows(py, |pair, b| pair.truth(b.settings(), b.scale()))
    }

    /// (N, 8) as `ep_stats`, of the episodes under way.
    fn totals<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        self.rows(py, |pair, b| pair.totals(b.scale()))
    }

    /// (N, 10) cash and lots of both legs, bid and ask of both, cost, traded value: half quanta, lots and ticks.
    fn ledger<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<i64>> {
        self.rows(py, |pair, _| pair.ledger())
    }

    /// U in half quanta.
    #[getter]
    fn reward_unit(&self) -> f64 {
        self.with(|b| b.scale().reward_unit)
    }

    #[pyo3(signature = (theta=None))]
    fn set_theta(&self, theta: Option<PyReadonlyArray2<'_, f64>>) -> PyResult<()> {
        let (n, _) = self.sizes();
        if let Some(theta) = &theta
            && theta.shape() != [n, N_THETA]
        {
            return Err(data_error(format!(
                "theta: expected shape ({n}, {N_THETA}), got {:?}",
                theta.shape()
            )));
        }
        let values = theta.as_ref().map(|theta| cells("theta", theta)).transpose()?;
        self.with(|b| b.set_theta(values)).map_err(env_error)
    }

    fn stand_down(&self, mask: PyReadonlyArray1<'_, u8>) -> PyResult<()> {
        let (n, _) = self.sizes();
        let mask = flags("mask", &mask, n)?;
        self.with(|b| b.stand_down(mask));
        Ok(())
    }

    fn fork(&self, env: usize, n_envs: usize) -> PyResult<Self> {
        self.with(|b| b.fork(env, n_envs)).map(|b| Self(Mutex::new(b))).map_err(env_error)
    }

    fn state_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.with(|b| b.state_bytes()))
    }

    fn load_state_bytes(&self, state: &[u8]) -> PyResult<()> {
        self.with(|b| b.load_state_bytes(state)).map_err(env_error)
    }

    fn observe_into(&self, obs: &Bound<'_, PyArray2<f32>>) -> PyResult<()> {
        let (n, layout) = self.sizes();
        let mut obs = writable("obs", obs, n * layout.size())?;
        self.with(|b| b.observe_into(obs.as_slice_mut().expect("contiguity was checked")));
        Ok(())
    }
}

/// One flag an environment.
fn flags<'a>(name: &str, array: &'a PyReadonlyArray1<'_, u8>, n: usize) -> PyResult<&'a [u8]> {
    let flags = cells(name, array)?;
    if flags.len() == n {
        Ok(flags)
    } else {
        Err(data_error(format!("{name}: expected {n} values, got {}", flags.len())))
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PairSettings>()?;
    m.add_class::<PairBatch>()
}
