//! Policies that choose the action of the largest value: `"kind": "q"` of format ``quantrl-policy/1``.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Error;
use crate::policy::file::{self, SPEC, WEIGHTS, refuse};
use crate::policy::fold::{Dense, Head, Op};
use crate::policy::mlp::{Mlp, Scratch};
use crate::policy::simd::Width;
use crate::policy::weights;

const FORMAT: &str = "quantrl-policy/1";
const MOST_MEMBERS: usize = 10_000;
const ILLEGAL: f32 = 1e9;

/// How the values of several members become one.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Combine {
    /// There is one.
    Single,
    /// Their mean.
    Mean,
    /// The least of each action.
    Min,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    format: String,
    kind: String,
    sha256: String,
    combine: Combine,
    members: Vec<Member>,
    layout: Names,
    clip: f32,
    actions: Vec<f64>,
    unit: f64,
    pair: Map<String, Value>,
    pair_id: String,
    clock: Map<String, Value>,
    stock: Option<Stock>,
    seed: u64,
    algo: String,
    meta: Map<String, Value>,
}

/// The stock of policies that rate quantiles by it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stock {
    /// U an observation's number of that name counts.
    unit: f64,
    /// What an episode begins with when the policy is deployed, U.
    start: f64,
}

/// Name of the stock in an observation.
const STOCK: &str = "stock";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    ops: Vec<Op>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    names: Vec<String>,
    legal: usize,
}

/// A trained policy over a flat observation whose last numbers say which actions are legal.
#[derive(Debug)]
pub struct QPolicy {
    members: Vec<(Mlp, Head)>,
    /// Place and unit of the stock.
    stock: Option<(usize, f32)>,
    combine: Combine,
    inputs: usize,
    actions: usize,
    clip: f32,
    width: Width,
    text: String,
}

impl QPolicy {
    /// Read a folder. O(size of the files).
    ///
    /// # Errors
    /// A file that is missing, changed, too large or of another format; an operation that does not fit.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let (json, numbers) = file::read(folder)?;
        Self::parse(json, &numbers)
    }

    /// From the bytes of both files.
    ///
    /// # Errors
    /// As `load`.
    pub fn parse(json: Vec<u8>, numbers: &[u8]) -> Result<Self, Error> {
        let text = String::from_utf8(json).map_err(|_| refuse(SPEC, "expected UTF-8"))?;
        let fields: Fields = serde_json::from_str(&text).map_err(|error| refuse(SPEC, error))?;
        fields.check()?;
        let found = file::sha256(numbers);
        if found != fields.sha256 {
            return Err(refuse("sha256", format!("expected {} of {WEIGHTS}, got {found}", fields.sha256)));
        }
        let mut tensors = weights::parse(numbers)?;
        let (inputs, actions) = (fields.layout.names.len(), fields.layout.legal);
        let mut members = Vec::with_capacity(fields.members.len());
        for (i, member) in fields.members.iter().enumerate() {
            let (layers, head) = Dense::of(&member.ops, &mut tensors, inputs, actions)
                .map_err(|message| refuse(format!("members[{i}].{}", message.0), message.1))?;
            members.push((mlp(&layers), head));
        }
        if let Some(idle) = tensors.keys().min() {
            return Err(refuse(WEIGHTS, format!("tensor {idle:?} belongs to no operation")));
        }
        let stock = fields.stock_of(&members)?;
        let (combine, clip) = (fields.combine, fields.clip);
        Ok(Self { members, stock, combine, inputs, actions, clip, width: Width::detect(), text })
    }

    /// The same at another width of the processor's instructions: the bits are the same.
    pub fn at(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// Numbers of an observation.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Actions to choose from.
    pub fn actions(&self) -> usize {
        self.actions
    }

    /// Largest size of a number it reads.
    pub fn clip(&self) -> f32 {
        self.clip
    }

    /// `policy.json`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Values of every action on one observation, whether legal or not. O(weights), no allocation once `scratch` has grown.
    ///
    /// # Errors
    /// A number that is not finite or outside of the clip.
    pub fn values(&self, obs: &[f32], scratch: &mut QScratch) -> Result<(), Error> {
        let clip = self.clip;
        if let Some(at) = obs.iter().position(|v| v.is_nan() || v.abs() > clip) {
            return Err(refuse("obs", format!("expected numbers within {clip}, number {at} is {}", obs[at])));
        }
        let stock = self.stock.map_or(0.0, |(place, unit)| unit * obs[place]);
        scratch.values.clear();
        for (i, (member, head)) in self.members.iter().enumerate() {
            let found = member.run(self.width, obs, &mut scratch.layers);
            if i == 0 {
                head.rate(found, self.actions, stock, &mut scratch.values);
                continue;
            }
            scratch.rated.clear();
            head.rate(found, self.actions, stock, &mut scratch.rated);
            let both = scratch.values.iter_mut().zip(&scratch.rated);
            match self.combine {
                Combine::Min => both.for_each(|(a, &b)| *a = a.min(b)),
                _ => both.for_each(|(a, &b)| *a += b),
            }
        }
        if self.combine == Combine::Mean {
            let n = self.members.len() as f32;
            scratch.values.iter_mut().for_each(|v| *v /= n);
        }
        Ok(())
    }

    /// The first of the best legal actions.
    ///
    /// # Errors
    /// As `values`.
    pub fn act(&self, obs: &[f32], scratch: &mut QScratch) -> Result<usize, Error> {
        self.values(obs, scratch)?;
        let legal = &obs[self.inputs - self.actions..];
        let masked = scratch.values.iter().zip(legal).map(|(&v, &bit)| v - ILLEGAL * (1.0 - bit));
        let mut best = (0, f32::NEG_INFINITY);
        for (action, value) in masked.enumerate() {
            if value > best.1 {
                best = (action, value);
            }
        }
        Ok(best.0)
    }
}

/// Room for one evaluation at a time.
#[derive(Clone, Debug, Default)]
pub struct QScratch {
    layers: Scratch,
    rated: Vec<f32>,
    /// What `QPolicy::values` gave.
    pub values: Vec<f32>,
}

impl Fields {
    /// Place and unit of the stock, if any operation reads it.
    fn stock_of(&self, members: &[(Mlp, Head)]) -> Result<Option<(usize, f32)>, Error> {
        let read = members.iter().any(|(_, head)| *head != Head::Values);
        match &self.stock {
            None if !read => Ok(None),
            None => Err(refuse("stock", "expected one, as quantile_stock reads it")),
            Some(_) if !read => Err(refuse("stock", "expected none, as no operation reads it")),
            Some(stock) => {
                let fits = stock.unit.is_finite() && stock.unit > 0.0 && stock.start.is_finite();
                let place = self.layout.names.iter().position(|name| name == STOCK).filter(|_| fits);
                let place = place.ok_or_else(|| {
                    refuse(
                        "stock",
                        "expected an observation of that name, a positive unit and a finite start",
                    )
                })?;
                Ok(Some((place, stock.unit as f32)))
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        let expect = |field: &str, fits: bool, message: String| {
            if fits { Ok(()) } else { Err(refuse(field, message)) }
        };
        expect("format", self.format == FORMAT, format!("expected {FORMAT}, got {:?}", self.format))?;
        expect("kind", self.kind == "q", format!("expected q, got {:?}", self.kind))?;
        let (names, legal) = (self.layout.names.len(), self.layout.legal);
        expect(
            "layout",
            legal > 0 && legal < names && names <= 4096,
            format!("{legal} legality bits of {names}"),
        )?;
        expect(
            "actions",
            self.actions.len() == legal,
            format!("expected {legal}, got {}", self.actions.len()),
        )?;
        let ascending = self.actions.windows(2).all(|pair| pair[0] < pair[1]);
        expect("actions", ascending, format!("expected ascending targets, got {:?}", self.actions))?;
        expect(
            "clip",
            self.clip.is_finite() && self.clip > 0.0,
            format!("expected above 0, got {}", self.clip),
        )?;
        expect(
            "unit",
            self.unit.is_finite() && self.unit > 0.0,
            format!("expected above 0, got {}", self.unit),
        )?;
        let n = self.members.len();
        expect("members", (1..=MOST_MEMBERS).contains(&n), format!("expected 1 to {MOST_MEMBERS}, got {n}"))?;
        let single = (self.combine == Combine::Single) == (n == 1);
        expect("combine", single, format!("{:?} does not go with {n} members", self.combine))?;
        // What the policy's user needs and inference does not.
        let said = !self.pair.is_empty()
            && !self.clock.is_empty()
            && !self.pair_id.is_empty()
            && !self.algo.is_empty();
        let _ = (self.seed, &self.meta);
        expect("pair", said, "expected pair, clock, pair_id and algo not to be empty".to_owned())
    }
}

fn mlp(layers: &[Dense]) -> Mlp {
    let mut found = Mlp::default();
    for layer in layers {
        let weights: Vec<f32> = layer.weights.iter().map(|&w| w as f32).collect();
        let bias: Vec<f32> = layer.bias.iter().map(|&b| b as f32).collect();
        found.push(&weights, &bias, layer.relu);
    }
    found
}

/// Tensors by name.
pub type Tensors = HashMap<String, weights::Tensor>;
