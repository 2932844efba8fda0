//! The engine for C: `include/quantrl_lob.h` says what each function promises.
//!
//! Only this module is allowed unsafe code: it turns the caller's pointers into references. What the caller must keep
//! to is in the header; what can be checked is checked and answered with -1, and so is a panic.
#![allow(unsafe_code)]

#[cfg(feature = "challenge-abi")]
mod challenge;
mod messages;

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use messages::{CCancel, CConfig, CModify, CNewOrder};

use crate::engine::Engine;
use crate::ids::{Direct, Hash, Paged};
use crate::ladder::VecLadder;
use crate::matcher::Matcher;
use crate::orders::Capacity;
use crate::report::{Report, ReportSink};
use crate::types::{Nanos, Side};

type Vector = VecLadder<u32>;

/// Takes a report; the pointer is good during the call only.
pub type SinkFn = extern "C" fn(ctx: *mut c_void, report: *const Report);

#[derive(Clone, Copy)]
struct CSink {
    push: Option<SinkFn>,
    ctx: *mut c_void,
}

impl ReportSink for CSink {
    #[inline]
    fn push(&mut self, report: Report) {
        if let Some(push) = self.push {
            push(self.ctx, &report);
        }
    }
}

enum AnyMatcher {
    Direct(Matcher<Vector, Direct>),
    Paged(Matcher<Vector, Paged>),
    Hash(Matcher<Vector, Hash>),
}

macro_rules! with {
    ($any:expr, $engine:ident => $body:expr) => {
        match $any {
            AnyMatcher::Direct($engine) => $body,
            AnyMatcher::Paged($engine) => $body,
            AnyMatcher::Hash($engine) => $body,
        }
    };
}

struct State {
    matcher: AnyMatcher,
    sink: CSink,
}

/// `qlob_engine`.
pub struct CEngine {
    /// Set during a call, so that a sink that calls back is refused, and for good after a panic.
    busy: Cell<bool>,
    state: UnsafeCell<State>,
}

/// Run `body` on the engine; `None` for a null pointer, a call from within a call, or a panic.
///
/// # Safety
/// `engine` is null or came from `qlob_create`, was not destroyed, and no other thread uses it now.
#[inline]
unsafe fn enter<R>(engine: *const CEngine, body: impl FnOnce(&mut State) -> R) -> Option<R> {
    // SAFETY: per the contract above.
    let engine = unsafe { engine.as_ref() }?;
    if engine.busy.replace(true) {
        return None;
    }
    // SAFETY: `busy` was false, so no other reference to the state is alive.
    let state = unsafe { &mut *engine.state.get() };
    let result = catch_unwind(AssertUnwindSafe(|| body(state))).ok()?;
    engine.busy.set(false);
    Some(result)
}

/// The same with a message that may be null; 0 or -1.
///
/// # Safety
/// As [`enter`]; `message` is null or points to a message.
#[inline]
unsafe fn send<M>(
    engine: *const CEngine,
    message: *const M,
    body: impl FnOnce(&mut State, &M) -> Option<()>,
) -> i32 {
    // SAFETY: per the contract above.
    let done = unsafe { message.as_ref().and_then(|message| enter(engine, |state| body(state, message))) };
    if done.flatten().is_some() { 0 } else { -1 }
}

/// An engine, or null if the settings are not valid.
///
/// # Safety
/// `config` is null or points to a `qlob_config`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_create(config: *const CConfig) -> *mut CEngine {
    // SAFETY: per the contract above.
    let made = unsafe { config.as_ref() }.and_then(|c| catch_unwind(|| create(c)).ok().flatten());
    made.map_or(std::ptr::null_mut(), Box::into_raw)
}

fn create(c: &CConfig) -> Option<Box<CEngine>> {
    let config = c.config()?;
    let mut matcher = match c.ids {
        0 => AnyMatcher::Direct(Matcher::new(config)),
        1 => AnyMatcher::Paged(Matcher::new(config)),
        2 => AnyMatcher::Hash(Matcher::new(config)),
        _ => return None,
    };
    let (orders, levels) = (c.max_orders as usize, c.max_levels as usize);
    with!(&mut matcher, engine => engine.reserve(Capacity { orders, levels, ids: c.max_ids }));
    let sink = CSink { push: None, ctx: std::ptr::null_mut() };
    Some(Box::new(CEngine { busy: Cell::new(false), state: UnsafeCell::new(State { matcher, sink }) }))
}

/// Free an engine.
///
/// # Safety
/// `engine` is null or came from `qlob_create`; it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_destroy(engine: *mut CEngine) {
    if !engine.is_null() {
        // SAFETY: it came from `Box::into_raw` and is not used again.
        drop(unsafe { Box::from_raw(engine) });
    }
}

/// Where reports go from now on; null = nowhere.
///
/// # Safety
/// As [`enter`]; `push` may be called with `ctx` until another sink is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_set_sink(engine: *mut CEngine, push: Option<SinkFn>, ctx: *mut c_void) -> i32 {
    // SAFETY: per the contract above.
    let set = unsafe { enter(engine, |state| state.sink = CSink { push, ctx }) };
    if set.is_some() { 0 } else { -1 }
}

/// Enter an order.
///
/// # Safety
/// As [`send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_new_order(engine: *mut CEngine, order: *const CNewOrder) -> i32 {
    let body = |state: &mut State, order: &CNewOrder| {
        with!(&mut state.matcher, engine => engine.new_order(&order.order(engine.now())?, &mut state.sink));
        Some(())
    };
    // SAFETY: per the contract above.
    unsafe { send(engine, order, body) }
}

/// End an order.
///
/// # Safety
/// As [`send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_cancel(engine: *mut CEngine, cancel: *const CCancel) -> i32 {
    let body = |state: &mut State, cancel: &CCancel| {
        with!(&mut state.matcher, engine => engine.cancel(&cancel.cancel(engine.now()), &mut state.sink));
        Some(())
    };
    // SAFETY: per the contract above.
    unsafe { send(engine, cancel, body) }
}

/// Change an order.
///
/// # Safety
/// As [`send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_modify(engine: *mut CEngine, modify: *const CModify) -> i32 {
    let body = |state: &mut State, modify: &CModify| {
        with!(&mut state.matcher, engine => engine.modify(&modify.modify(engine.now())?, &mut state.sink));
        Some(())
    };
    // SAFETY: per the contract above.
    unsafe { send(engine, modify, body) }
}

/// Let time pass to `ts` ns, or the session close then if `close` is not 0.
///
/// # Safety
/// As [`enter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_advance(engine: *mut CEngine, seq: u64, ts: i64, close: u8) -> i32 {
    let body = |state: &mut State| {
        with!(&mut state.matcher, engine => match close {
            0 => engine.advance(seq, Nanos(ts), &mut state.sink),
            _ => engine.close(seq, Nanos(ts), &mut state.sink),
        });
    };
    // SAFETY: per the contract above.
    let done = unsafe { enter(engine, body) };
    if done.is_some() { 0 } else { -1 }
}

/// Highest bid, `INT64_MIN` if none.
///
/// # Safety
/// As [`enter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_best_bid(engine: *const CEngine) -> i64 {
    // SAFETY: per the contract above.
    let best = unsafe { enter(engine, |state| with!(&state.matcher, engine => engine.best_bid())) };
    best.flatten().unwrap_or(i64::MIN)
}

/// Lowest ask, `INT64_MAX` if none.
///
/// # Safety
/// As [`enter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_best_ask(engine: *const CEngine) -> i64 {
    // SAFETY: per the contract above.
    let best = unsafe { enter(engine, |state| with!(&state.matcher, engine => engine.best_ask())) };
    best.flatten().unwrap_or(i64::MAX)
}

/// Lots resting at a price of a side, 0 if none; `UINT64_MAX` for a side that is not one, or a refused call.
///
/// # Safety
/// As [`enter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_depth_at(engine: *const CEngine, price: i64, side: u8) -> u64 {
    let body = |state: &mut State| {
        let side: Side = messages::side(side)?;
        Some(with!(&state.matcher, engine => engine.depth_at(price, side)))
    };
    // SAFETY: per the contract above.
    let lots = unsafe { enter(engine, body) };
    lots.flatten().unwrap_or(u64::MAX)
}

/// Nothing: each call has reported all when it returns.
///
/// # Safety
/// As [`enter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qlob_flush(engine: *mut CEngine) -> i32 {
    // SAFETY: per the contract above.
    let done = unsafe { enter(engine, |_| ()) };
    if done.is_some() { 0 } else { -1 }
}
