//! A file with the settings of its sessions.

use std::sync::Arc;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use quantrl_feed::Books;
use quantrl_sim::tick::own::{FillRule, Fitted, Mode, Own, OwnConfig, QueueModel, Remainder, ThroughRule};
use quantrl_sim::tick::{Config, Error, Feed, Fees, Latency, Model, Plan, Table, Tier, Trip};

use super::refused;
use crate::bar::choose;
use crate::columns::column;
use crate::errors::config_error;
use crate::events::EventFile;

const FILL: [(&str, FillRule); 2] = [("partial", FillRule::Partial), ("full", FillRule::Full)];
const THROUGH: [(&str, ThroughRule); 2] = [("volume", ThroughRule::Volume), ("full", ThroughRule::Full)];
const REMAINDER: [(&str, Remainder); 2] = [("rest", Remainder::Rest), ("fill", Remainder::Fill)];
const MODES: [(&str, Option<Mode>); 3] =
    [("auto", None), ("ghost", Some(Mode::Ghost)), ("l2_queue", Some(Mode::L2Queue))];

/// Latency of one kind of message.
#[derive(FromPyObject)]
enum Delay<'py> {
    Const(i64),
    Table(PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i64>),
    LogNormal(i64, f64, f64, i64),
    FromFeed(i64, i64),
}

impl Delay<'_> {
    fn model(&self) -> PyResult<Model> {
        Ok(match self {
            Self::Const(ns) => Model::Const(*ns),
            &Self::LogNormal(base, mu, sigma, cap) => Model::LogNormal { base, mu, sigma, cap },
            &Self::FromFeed(mult_ppm, base) => Model::FromFeed { mult_ppm, base },
            Self::Table(req, exch, resp) => {
                let rows = req.as_array().len();
                let [req, exch, resp] = [
                    column("latency.req", req, rows)?,
                    column("latency.exch", exch, rows)?,
                    column("latency.resp", resp, rows)?,
                ];
                let trips = (0..rows).map(|i| Trip { req: req[i], exch: exch[i], resp: resp[i] });
                Model::Table(Arc::new(Table::new(trips.collect()).map_err(refused)?))
            }
        })
    }
}

/// Rates in 1e-9 of notional, amounts in 1e-9 of quote currency.
#[derive(FromPyObject)]
struct Costs {
    #[pyo3(item)]
    maker: i64,
    #[pyo3(item)]
    taker: i64,
    #[pyo3(item)]
    surcharge: [i64; 2],
    #[pyo3(item)]
    per_lot: i64,
    #[pyo3(item)]
    per_trade: i64,
    #[pyo3(item)]
    minimum: i64,
    #[pyo3(item)]
    tiers: Vec<(u64, i64, i64)>,
}

impl Costs {
    fn fees(self) -> Fees {
        let Self { maker, taker, surcharge, per_lot, per_trade, minimum, tiers } = self;
        let tiers = tiers.into_iter().map(|(from, maker, taker)| Tier { from, maker, taker }).collect();
        Fees { maker, taker, surcharge, per_lot, per_trade, minimum, tiers }
    }
}

/// Everything sessions on one file share.
#[pyclass(frozen, skip_from_py_object, module = "quantrl._core")]
pub struct TickPlan {
    pub plan: Arc<Plan>,
    pub own: OwnConfig,
    mode: Mode,
}

impl TickPlan {
    /// The exchange side over its books.
    pub fn venue(&self) -> impl FnOnce(Books) -> Result<Own, Error> + '_ {
        |books| Own::new(self.mode, books, self.plan.file().instruments(), self.own)
    }
}

/// Of a name with an exponent, and the table of the fitted one.
fn queue_model(name: &str, n: f64, table: Option<&[u8]>) -> PyResult<QueueModel> {
    if let Some(table) = table {
        return Fitted::of_bytes(table).map(QueueModel::Fitted).map_err(refused);
    }
    let models = [
        QueueModel::RiskAverse,
        QueueModel::Power(n),
        QueueModel::Power2(n),
        QueueModel::Power3(n),
        QueueModel::Log,
        QueueModel::Log2,
    ];
    choose("queue", &models.map(|model| (model.name(), model)), name)
}

#[pymethods]
impl TickPlan {
    /// `queue`: name, exponent and table, of level sums; `fill`, `through`: None for the mode's own; `feed`: whether the file's
    /// times are used, and a latency where one is not known.
    #[new]
    #[pyo3(signature = (file, *, mode, queue, fill, through, remainder, recovery_ns, feed, latency, fees,
        allow_reorder, max_own_orders, seed, equity_every, record))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        file: &EventFile,
        mode: &str,
        queue: Option<(String, f64, Option<Vec<u8>>)>,
        fill: &str,
        through: Option<&str>,
        remainder: &str,
        recovery_ns: Option<i64>,
        feed: (bool, Option<i64>),
        latency: [Delay<'_>; 5],
        fees: Costs,
        allow_reorder: bool,
        max_own_orders: u32,
        seed: u64,
        equity_every: i64,
        record: bool,
    ) -> PyResult<Self> {
        if mode == "displace" {
            return Err(config_error("mode: expected auto, ghost or l2_queue; displace is not there yet"));
        }
        let level = file.shared().header().level;
        let mode = choose("mode", &MODES, mode)?.unwrap_or_else(|| Mode::of_level(level));
        let queue = queue.map(|(name, n, table)| queue_model(&name, n, table.as_deref())).transpose()?;
        let base = match (mode, queue) {
            (Mode::L2Queue, queue) => OwnConfig::l2_queue(queue.unwrap_or(QueueModel::RiskAverse)),
            (Mode::Ghost, queue) => OwnConfig { queue, ..OwnConfig::ghost() },
        };
        let own = OwnConfig {
            fill: choose("fill", &FILL, fill)?,
            through: through.map_or(Ok(base.through), |name| choose("through", &THROUGH, name))?,
            remainder: choose("remainder", &REMAINDER, remainder)?,
            recovery_ns,
            ..base
        };
        let feed = match feed {
            (true, None) => Feed::File,
            (true, Some(ns)) => Feed::FileOr(ns),
            (false, ns) => Feed::Const(ns.unwrap_or(0)),
        };
        let [new, amend, cancel, ack, fill] = latency.each_ref().map(Delay::model);
        let latency = Latency { new: new?, amend: amend?, cancel: cancel?, ack: ack?, fill: fill? };
        let fees = fees.fees();
        let venue = format!("{} {own:?}", mode.name());
        let config =
            Config { latency, feed, fees, allow_reorder, max_own_orders, seed, equity_every, record, venue };
        let file = Arc::clone(file.shared());
        let plan = py.detach(|| Plan::new(file, config)).map_err(refused)?;
        let made = Self { plan, own, mode };
        let books = quantrl_feed::Replay::new(&**made.plan.file()).books().clone();
        made.venue()(books).map_err(refused)?;
        Ok(made)
    }

    /// Mode and queue model.
    fn told(&self) -> (&'static str, Option<String>) {
        (self.mode.name(), self.own.queue.map(|model| model.to_string()))
    }

    /// SHA-256 of the settings.
    fn sha256(&self) -> String {
        self.plan.config().sha256().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
