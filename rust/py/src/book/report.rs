//! Reports of a book for Python.

use pyo3::prelude::*;
use quantrl_lob::{Kind, NO_PRICE, Reason, Report, Side};

/// Kinds by number.
pub const KINDS: [(&str, Kind); 9] = [
    ("ack", Kind::OrderAck),
    ("trade", Kind::Trade),
    ("cancelled", Kind::CancelAck),
    ("modified", Kind::ModifyAck),
    ("cancel_reject", Kind::CancelReject),
    ("modify_reject", Kind::ModifyReject),
    ("reject", Kind::Reject),
    ("expired", Kind::Expired),
    ("triggered", Kind::Triggered),
];

/// Reasons by number.
pub const REASONS: [(&str, Reason); 13] = [
    ("", Reason::None),
    ("unknown_id", Reason::UnknownId),
    ("duplicate_id", Reason::DuplicateId),
    ("quantity", Reason::Quantity),
    ("price_out_of_range", Reason::PriceOutOfRange),
    ("wrong_side", Reason::WrongSide),
    ("would_take", Reason::WouldTake),
    ("clock_backwards", Reason::ClockBackwards),
    ("already_expired", Reason::AlreadyExpired),
    ("contradiction", Reason::Contradiction),
    ("self_trade", Reason::SelfTrade),
    ("fok_unfilled", Reason::FokUnfilled),
    ("remainder", Reason::Remainder),
];

const _: () = {
    let mut i = 0;
    while i < KINDS.len() {
        assert!(KINDS[i].1 as usize == i);
        i += 1;
    }
    let mut i = 0;
    while i < REASONS.len() {
        assert!(REASONS[i].1 as usize == i);
        i += 1;
    }
};

/// Sides by number.
pub const SIDES: [&str; 2] = ["buy", "sell"];

/// One line of what a book answers.
#[pyclass(frozen, eq, skip_from_py_object, module = "quantrl._core")]
#[derive(PartialEq, Eq)]
pub struct BookReport(pub Report);

#[pymethods]
impl BookReport {
    #[getter]
    fn kind(&self) -> &'static str {
        KINDS[self.0.kind as usize].0
    }

    #[getter]
    fn side(&self) -> &'static str {
        SIDES[self.0.side as usize]
    }

    #[getter]
    fn reason(&self) -> &'static str {
        REASONS[self.0.reason as usize].0
    }

    #[getter]
    fn seq(&self) -> u64 {
        self.0.seq
    }

    #[getter]
    fn id(&self) -> u64 {
        self.0.id
    }

    #[getter]
    fn price_ticks(&self) -> Option<i64> {
        Some(self.0.price).filter(|&price| price != NO_PRICE)
    }

    #[getter]
    fn qty_lots(&self) -> u32 {
        self.0.qty
    }

    #[getter]
    fn maker(&self) -> Option<u64> {
        (self.0.kind == Kind::Trade).then_some(self.0.maker)
    }

    #[getter]
    fn taker(&self) -> Option<u64> {
        (self.0.kind == Kind::Trade).then_some(self.0.taker)
    }

    fn __repr__(&self) -> String {
        let side = if self.0.side == Side::Buy { "buy" } else { "sell" };
        let price = self.price_ticks().map_or("no price".to_owned(), |price| price.to_string());
        let reason = match self.reason() {
            "" => String::new(),
            reason => format!(", {reason}"),
        };
        let orders = match self.0.kind {
            Kind::Trade => format!("maker {} taker {}", self.0.maker, self.0.taker),
            _ => format!("order {}", self.0.id),
        };
        format!("<{} {side} {} @ {price}, {orders}, message {}{reason}>", self.kind(), self.0.qty, self.0.seq)
    }
}
