//! `rust/env` for Python: markets, settings and batches of environments.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use numpy::ndarray::{Array2, Dimension};
use numpy::{
    Element, IntoPyArray, PyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyReadonlyArray3, PyReadwriteArray, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use quantrl_env::market::{self, Base, Columns};
use quantrl_env::portfolio::{ActionMap, Layout, Mode, Norm, ObsKind, Reward, Settings, Tracker};
use quantrl_env::{Outputs, batch};
use quantrl_sim::bar::{Costs, Growth, Sizing};

use crate::bar::choose;
use crate::errors::{config_error, data_error, env_error};
use crate::stats::arrays::cells;

/// Prices many environments share.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PortfolioMarket(Arc<market::Market>);

#[pymethods]
impl PortfolioMarket {
    #[new]
    #[pyo3(signature = (features, cc, co, oc, can_buy, can_sell, first))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        features: PyReadonlyArray3<'_, f32>,
        cc: PyReadonlyArray2<'_, f64>,
        co: Option<PyReadonlyArray2<'_, f64>>,
        oc: Option<PyReadonlyArray2<'_, f64>>,
        can_buy: PyReadonlyArray2<'_, u8>,
        can_sell: PyReadonlyArray2<'_, u8>,
        first: PyReadonlyArray1<'_, i64>,
    ) -> PyResult<Self> {
        let optional = |name: &str, array: &Option<PyReadonlyArray2<'_, f64>>| -> PyResult<Vec<f64>> {
            array.as_ref().map_or(Ok(Vec::new()), |a| Ok(cells(name, a)?.to_vec()))
        };
        let columns = Columns {
            n_all: features.shape()[1],
            n_features: features.shape()[2],
            features: cells("features", &features)?.to_vec(),
            cc: cells("cc", &cc)?.to_vec(),
            co: optional("co", &co)?,
            oc: optional("oc", &oc)?,
            can_buy: cells("can_buy", &can_buy)?.to_vec(),
            can_sell: cells("can_sell", &can_sell)?.to_vec(),
            first: cells("first", &first)?.to_vec(),
        };
        market::Market::new(columns).map(|m| Self(Arc::new(m))).map_err(env_error)
    }
}

/// What an episode is; fields as in `quantrl.envs.PortfolioConfig`.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PortfolioSettings(Settings);

#[pymethods]
impl PortfolioSettings {
    #[new]
    #[pyo3(signature = (*, window, n_features, n_assets, random_assets, obs, norm, episode_len, decision_every, at_open,
        growth, sizing, buy_bps, sell_bps, action_map, temperature, base_rows, base_weights, reward, turnover_penalty,
        gamma, periods_per_year, ruin_level, start_cash, mode))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        window: usize,
        n_features: usize,
        n_assets: usize,
        random_assets: bool,
        obs: &str,
        norm: &str,
        episode_len: usize,
        decision_every: usize,
        at_open: bool,
        growth: &str,
        sizing: &str,
        buy_bps: PyReadonlyArray1<'_, f64>,
        sell_bps: PyReadonlyArray1<'_, f64>,
        action_map: &str,
        temperature: f64,
        base_rows: Option<PyReadonlyArray2<'_, f64>>,
        base_weights: Option<PyReadonlyArray1<'_, f64>>,
        reward: &str,
        turnover_penalty: f64,
        gamma: f64,
        periods_per_year: f64,
        ruin_level: f64,
        start_cash: bool,
        mode: &str,
    ) -> PyResult<Self> {
        let rates = |name: &str, bps: &PyReadonlyArray1<'_, f64>| -> PyResult<Vec<f64>> {
            Ok(cells(name, bps)?.iter().map(|b| b * 1e-4).collect())
        };
        let (buy, sell) = (rates("buy_bps", &buy_bps)?, rates("sell_bps", &sell_bps)?);
        let costs = Costs::of_rates(&buy, &sell).map_err(|e| env_error(e.into()))?;
        let base = match (&base_rows, &base_weights) {
            (Some(rows), _) => Base::Rows(cells("base_rows", rows)?.to_vec()),
            (_, Some(weights)) => Base::of_weights(cells("base_weights", weights)?),
            _ => Base::Equal,
        };
        let action = match action_map {
            "tilt" => ActionMap::Tilt { temperature },
            "softmax01" => ActionMap::Softmax01,
            "identity" => ActionMap::Identity,
            other => {
                return Err(config_error(format!(
                    "action_map: expected one of tilt, softmax01, identity, got {other:?}"
                )));
            }
        };
        Ok(Self(Settings {
            episode_len,
            decision_every,
            at_open,
            growth: choose("growth", &Growth::TABLE, growth)?,
            sizing: choose("sizing", &Sizing::TABLE, sizing)?,
            costs,
            action,
            base,
            reward: choose("reward", &Reward::TABLE, reward)?,
            turnover_penalty,
            gamma,
            periods_per_year,
            ruin_level,
            start_cash,
            norm: choose("norm", &Norm::TABLE, norm)?,
            layout: Layout {
                kind: choose("obs", &ObsKind::TABLE, obs)?,
                features: n_features,
                window,
                assets: n_assets,
                ids: random_assets,
            },
            mode: choose("mode", &Mode::TABLE, mode)?,
        }))
    }

    /// Target weights of one action, cash first, from the logarithms of the base.
    fn weights<'py>(
        &self,
        py: Python<'py>,
        action: PyReadonlyArray1<'py, f32>,
        log_base: PyReadonlyArray1<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let (action, mut target) = (cells("action", &action)?, cells("log_base", &log_base)?.to_vec());
        if action.len() != target.len() {
            return Err(data_error(format!(
                "action: expected {} numbers, got {}",
                target.len(),
                action.len()
            )));
        }
        self.0.action.check(action).map_err(env_error)?;
        self.0.action.apply(action, &mut target);
        Ok(target.into_pyarray(py))
    }
}

/// The statistics of an agent that sees its own weights and the prices.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PortfolioTracker(Mutex<Tracker>);

#[pymethods]
impl PortfolioTracker {
    #[new]
    fn new(settings: &PortfolioSettings) -> Self {
        Self(Mutex::new(Tracker::new(settings.0.clone())))
    }

    /// One bar: relatives up to the fill point and from there on, and the weights held after it.
    fn bar(
        &self,
        before: PyReadonlyArray1<'_, f64>,
        after: Option<PyReadonlyArray1<'_, f64>>,
        held: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<()> {
        let after = after.as_ref().map_or(Ok(&[][..]), |a| cells("after", a))?;
        let (before, held) = (cells("before", &before)?, cells("held", &held)?);
        let mut tracker = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tracker.bar(before, after, held).map_err(env_error)
    }

    /// The decision before is over.
    fn decided(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).decided();
    }

    /// Everything but the settings.
    fn state<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.lock().unwrap_or_else(PoisonError::into_inner).state())
    }

    /// Go on where `state` was taken.
    fn restore(&self, state: &[u8]) -> PyResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).restore(state).map_err(env_error)
    }

    /// s of the next observation.
    fn stats<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).stats().to_vec().into_pyarray(py)
    }
}

pub type Writable<'py, T, D> = PyReadwriteArray<'py, T, D>;

/// A writable view that overlaps no other output and has room for `len` values.
pub fn writable<'py, T: Element, D: Dimension>(
    name: &str,
    array: &Bound<'py, PyArray<T, D>>,
    len: usize,
) -> PyResult<Writable<'py, T, D>> {
    if !array.is_c_contiguous() || array.len() != len {
        return Err(data_error(format!(
            "{name}: expected a C-contiguous array of {len} values, got shape {:?}",
            array.shape()
        )));
    }
    array
        .try_readwrite()
        .map_err(|_| data_error(format!("{name}: expected a writable array that overlaps no other output")))
}

/// N environments stepped in one call.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct PortfolioBatch(Mutex<batch::PortfolioBatch>);

impl PortfolioBatch {
    fn with<T>(&self, body: impl FnOnce(&mut batch::PortfolioBatch) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sizes(&self) -> (usize, usize, usize) {
        self.with(|b| (b.n(), b.size(), b.n_actions()))
    }
}

#[pymethods]
impl PortfolioBatch {
    #[new]
    #[pyo3(signature = (market, settings, *, n_envs, seed, env_id0, start, end, threads, record, fingerprint))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        market: &PortfolioMarket,
        settings: &PortfolioSettings,
        n_envs: usize,
        seed: u64,
        env_id0: u64,
        start: usize,
        end: usize,
        threads: usize,
        record: bool,
        fingerprint: [u8; 32],
    ) -> PyResult<Self> {
        batch::PortfolioBatch::new(
            market.0.clone(),
            settings.0.clone(),
            n_envs,
            seed,
            env_id0,
            (start, end),
            threads,
            record,
            fingerprint,
        )
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
        let (n, size, _) = self.sizes();
        let mut obs = writable("obs", obs, n * size)?;
        let mask = mask.as_ref().map(|m| cells("mask", m)).transpose()?;
        if mask.is_some_and(|m| m.len() != n) {
            return Err(data_error(format!("mask: expected {n} values")));
        }
        let obs = obs.as_slice_mut().expect("contiguity was checked");
        py.detach(|| self.with(|b| b.reset_into(seed, mask, obs)));
        Ok(())
    }

    /// Where `active` is 0 an environment stands still: its observation is written again, its reward is 0.
    #[pyo3(signature = (actions, obs, rewards, terminated, truncated, fin_idx, fin_obs, ep_stats, active=None))]
    #[allow(clippy::too_many_arguments)]
    fn step_into(
        &self,
        py: Python<'_>,
        actions: PyReadonlyArray2<'_, f32>,
        obs: &Bound<'_, PyArray2<f32>>,
        rewards: &Bound<'_, PyArray1<f32>>,
        terminated: &Bound<'_, PyArray1<u8>>,
        truncated: &Bound<'_, PyArray1<u8>>,
        fin_idx: &Bound<'_, PyArray1<i32>>,
        fin_obs: &Bound<'_, PyArray2<f32>>,
        ep_stats: &Bound<'_, PyArray2<f64>>,
        active: Option<PyReadonlyArray1<'_, u8>>,
    ) -> PyResult<usize> {
        let (n, size, width) = self.sizes();
        if actions.shape() != [n, width] {
            return Err(crate::errors::order_error(format!(
                "actions: expected shape ({n}, {width}), got {:?}",
                actions.shape()
            )));
        }
        let actions = cells("actions", &actions)?;
        let mut obs = writable("obs", obs, n * size)?;
        let mut rewards = writable("rewards", rewards, n)?;
        let mut terminated = writable("terminated", terminated, n)?;
        let mut truncated = writable("truncated", truncated, n)?;
        let mut finished = writable("fin_idx", fin_idx, n)?;
        let mut last_obs = writable("fin_obs", fin_obs, n * size)?;
        let mut totals = writable("ep_stats", ep_stats, n * 3)?;
        let active = active.as_ref().map(|m| cells("active", m)).transpose()?;
        if active.is_some_and(|m| m.len() != n) {
            return Err(data_error(format!("active: expected {n} values")));
        }
        let out = Outputs {
            obs: obs.as_slice_mut().expect("contiguity was checked"),
            rewards: rewards.as_slice_mut().expect("contiguity was checked"),
            terminated: terminated.as_slice_mut().expect("contiguity was checked"),
            truncated: truncated.as_slice_mut().expect("contiguity was checked"),
            finished: finished.as_slice_mut().expect("contiguity was checked"),
            last_obs: last_obs.as_slice_mut().expect("contiguity was checked"),
            totals: totals.as_slice_mut().expect("contiguity was checked"),
        };
        py.detach(|| self.with(|b| b.step_into(actions, active, out))).map_err(env_error)
    }

    /// Seconds that `steps` calls take with these (M, N, K + 1) actions in turn; nothing crosses into Python meanwhile.
    fn bench(&self, py: Python<'_>, actions: PyReadonlyArray3<'_, f32>, steps: usize) -> PyResult<f64> {
        let (n, size, width) = self.sizes();
        let per_step = n * width;
        let actions = cells("actions", &actions)?;
        if actions.is_empty() || !actions.len().is_multiple_of(per_step) {
            return Err(data_error(format!(
                "actions: expected (M, {n}, {width}) values, got {}",
                actions.len()
            )));
        }
        py.detach(|| {
            self.with(|b| {
                let (mut obs, mut last_obs) = (vec![0.0; n * size], vec![0.0; n * size]);
                let (mut rewards, mut finished, mut totals) = (vec![0.0; n], vec![0; n], vec![0.0; 3 * n]);
                let (mut terminated, mut truncated) = (vec![0; n], vec![0; n]);
                let begun = Instant::now();
                for step in 0..steps {
                    let at = step % (actions.len() / per_step) * per_step;
                    let out = Outputs {
                        obs: &mut obs,
                        rewards: &mut rewards,
                        terminated: &mut terminated,
                        truncated: &mut truncated,
                        finished: &mut finished,
                        last_obs: &mut last_obs,
                        totals: &mut totals,
                    };
                    b.step_into(&actions[at..at + per_step], None, out)?;
                }
                Ok(begun.elapsed().as_secs_f64())
            })
        })
        .map_err(env_error)
    }

    /// Drifted weights (N, K + 1), cash first.
    fn holdings<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        self.rows(py, |e, out| {
            out.push(e.weights().in_cash());
            out.extend(e.weights().held());
        })
    }

    /// Last target weights (N, K + 1), cash first; NaN where a blocked name was kept.
    fn targets<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        self.rows(py, |e, out| out.extend_from_slice(e.target()))
    }

    /// Rows of the last visible bars (N,).
    fn visible<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.with(|b| b.episodes().iter().map(|e| e.row() as i64).collect::<Vec<_>>()).into_pyarray(py)
    }

    /// Wealth in units of the start (N,).
    fn wealth<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.with(|b| b.episodes().iter().map(|e| e.wealth()).collect::<Vec<_>>()).into_pyarray(py)
    }

    /// Bars of one environment since its reset: (bars, 4) of row, wealth, simple net return, turnover.
    fn recorded<'py>(&self, py: Python<'py>, env: usize) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let rows = self.with(|b| {
            (env < b.n()).then(|| {
                let bars = b.recorded(env);
                let flat = bars.iter().flat_map(|r| [r.row as f64, r.wealth, r.simple, r.turnover]);
                (bars.len(), flat.collect::<Vec<f64>>())
            })
        });
        match rows {
            Some((bars, flat)) => {
                Ok(Array2::from_shape_vec((bars, 4), flat).expect("four numbers a bar").into_pyarray(py))
            }
            None => Err(data_error(format!("env: no environment {env}"))),
        }
    }

    fn set_segment(&self, start: usize, end: usize) -> PyResult<()> {
        self.with(|b| b.set_segment((start, end))).map_err(env_error)
    }

    fn state_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.with(|b| b.state_bytes()))
    }

    fn load_state_bytes(&self, state: &[u8]) -> PyResult<()> {
        self.with(|b| b.load_state_bytes(state)).map_err(env_error)
    }

    fn observe_into(&self, obs: &Bound<'_, PyArray2<f32>>) -> PyResult<()> {
        let (n, size, _) = self.sizes();
        let mut obs = writable("obs", obs, n * size)?;
        self.with(|b| b.observe_into(obs.as_slice_mut().expect("contiguity was checked")));
        Ok(())
    }
}

impl PortfolioBatch {
    fn rows<'py>(
        &self,
        py: Python<'py>,
        of: impl Fn(&quantrl_env::portfolio::Episode, &mut Vec<f64>),
    ) -> Bound<'py, PyArray2<f64>> {
        let (n, _, width) = self.sizes();
        let mut flat = Vec::with_capacity(n * width);
        self.with(|b| b.episodes().iter().for_each(|e| of(e, &mut flat)));
        Array2::from_shape_vec((n, width), flat).expect("one row an environment").into_pyarray(py)
    }
}

pub fn register(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<PortfolioMarket>()?;
    m.add_class::<PortfolioSettings>()?;
    m.add_class::<PortfolioTracker>()?;
    m.add_class::<PortfolioBatch>()
}
