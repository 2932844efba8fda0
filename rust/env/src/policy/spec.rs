use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Error;
use crate::policy::file::{SPEC, refuse};
use crate::policy::op::Op;
use crate::portfolio::{Layout, Norm, ObsKind};

const FORMAT: &str = "quantrl-policy/1";
const MOST: usize = 100_000;
const MOST_OPS: usize = 10_000;
const FIELDS: [&str; 18] = [
    "format",
    "sha256",
    "layout",
    "norm",
    "action",
    "temperature",
    "base",
    "window",
    "features",
    "decision_every",
    "episode_len",
    "ops",
    "market_id",
    "seed",
    "algo",
    "net",
    "head",
    "meta",
];

/// `policy.json`, checked.
#[derive(Clone, Debug)]
pub struct Spec {
    /// sha256 of the numbers.
    pub sha256: String,
    /// Observations.
    pub layout: Layout,
    /// Scale of prices looked up.
    pub norm: Norm,
    /// Bounds of an action.
    pub bounds: (f32, f32),
    /// From observation to action.
    pub ops: Vec<Op>,
    /// The file's own text.
    pub text: String,
}

impl Spec {
    /// From the text of a file.
    ///
    /// # Errors
    /// Another format, an unknown or missing field, a value out of range: names the field.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Error> {
        let text = String::from_utf8(bytes).map_err(|_| refuse(SPEC, "expected UTF-8"))?;
        let fields: Fields = serde_json::from_str(&text).map(Fields).map_err(|e| refuse(SPEC, e))?;
        let format: String = fields.take("format")?;
        if format != FORMAT {
            return Err(refuse("format", format!("expected {FORMAT}, got {format:?}")));
        }
        fields.only_known()?;
        let layout = fields.layout()?;
        fields.rules(&layout)?;
        Ok(Self {
            sha256: fields.take("sha256")?,
            layout,
            norm: named("norm", &Norm::TABLE, &fields.take::<String>("norm")?)?,
            bounds: fields.bounds()?,
            ops: fields.ops()?,
            text,
        })
    }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn take<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let value = self.0.get(name).ok_or_else(|| refuse(name, "is missing"))?;
        T::deserialize(value).map_err(|error| refuse(name, error))
    }

    fn only_known(&self) -> Result<(), Error> {
        match self.0.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            Some(unknown) => Err(refuse(unknown, "unknown field")),
            None => Ok(()),
        }
    }

    fn layout(&self) -> Result<Layout, Error> {
        let fields = Fields(self.take("layout")?);
        let kind: String = fields.take("kind")?;
        let layout = Layout {
            kind: named("layout.kind", &ObsKind::TABLE, &kind)?,
            features: fields.count("n_features", 64)?,
            window: fields.count("window", 10_000)?,
            assets: fields.count("n_assets", MOST)?,
            ids: fields.take("has_ids")?,
        };
        if layout.kind != ObsKind::Index && layout.features * layout.window * layout.assets > 1 << 26 {
            return Err(refuse("layout", "expected an observation of at most 2^26 numbers"));
        }
        Ok(layout)
    }

    fn count(&self, name: &str, most: usize) -> Result<usize, Error> {
        match self.take::<usize>(name)? {
            n if (1..=most).contains(&n) => Ok(n),
            n => Err(refuse(name, format!("expected 1 to {most}, got {n}"))),
        }
    }

    /// What the policy's user needs and inference does not.
    fn rules(&self, layout: &Layout) -> Result<(), Error> {
        for name in ["market_id", "algo", "net", "head"] {
            self.take::<String>(name)?;
        }
        self.take::<u64>("seed")?;
        self.take::<Map<String, Value>>("meta")?;
        self.count("decision_every", MOST)?;
        self.count("episode_len", 1_000_000)?;
        let temperature: f64 = self.take("temperature")?;
        if temperature <= 0.0 {
            return Err(refuse("temperature", format!("expected a positive number, got {temperature}")));
        }
        if !matches!(self.take("base")?, Value::String(_) | Value::Array(_)) {
            return Err(refuse("base", "expected a name or a list of weights"));
        }
        let (window, features): (usize, Vec<String>) = (self.take("window")?, self.take("features")?);
        if window != layout.window {
            return Err(refuse("window", format!("expected {} as in layout, got {window}", layout.window)));
        }
        if features.len() != layout.features {
            let message = format!("expected {} names as in layout, got {}", layout.features, features.len());
            return Err(refuse("features", message));
        }
        Ok(())
    }

    fn bounds(&self) -> Result<(f32, f32), Error> {
        let action = Fields(self.take("action")?);
        action.take::<String>("map")?;
        let (low, high): (f32, f32) = (action.take("low")?, action.take("high")?);
        if low.is_finite() && high.is_finite() && low < high {
            Ok((low, high))
        } else {
            Err(refuse("action", format!("expected low < high, got {low} and {high}")))
        }
    }

    fn ops(&self) -> Result<Vec<Op>, Error> {
        let values: Vec<Value> = self.take("ops")?;
        if values.len() > MOST_OPS {
            return Err(refuse("ops", format!("expected at most {MOST_OPS}, got {}", values.len())));
        }
        let each = values.iter().enumerate();
        each.map(|(i, value)| Op::deserialize(value).map_err(|e| refuse(format!("ops[{i}]"), e))).collect()
    }
}

fn named<T: Copy>(field: &str, table: &[(&str, T)], name: &str) -> Result<T, Error> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = table.iter().map(|(known, _)| *known).collect();
        refuse(field, format!("expected one of {}, got {name:?}", names.join(", ")))
    })
}
