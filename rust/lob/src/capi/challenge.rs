//! The function names of the public matching-engine challenge (arXiv 2606.01183), over one engine of the process.
//!
//! Two reading choices: a duplicate new order, for which the interface has no report, is silent; a full transport is
//! waited for in a spin.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Vector;
use super::messages::{CCancel, CModify, CNewOrder, side};
use crate::engine::Engine;
use crate::ids::Hash;
use crate::matcher::Matcher;
use crate::orders::{Capacity, Config, ModifyRule};
use crate::report::{Kind, Report, ReportSink};

/// What the harness gives to pass reports on.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Transport {
    create: extern "C" fn(u32) -> *mut c_void,
    /// 1 = taken, 0 = full. One byte is read: right for `int` and for `bool`.
    push: extern "C" fn(*mut c_void, *const Report) -> u8,
    drain: extern "C" fn(*mut c_void, *mut Report, u32) -> u32,
    flush: extern "C" fn(*mut c_void),
    destroy: extern "C" fn(*mut c_void),
}

struct Line {
    transport: Transport,
    sink: *mut c_void,
}

impl ReportSink for Line {
    #[inline]
    fn push(&mut self, report: Report) {
        if report.kind as u8 > Kind::ModifyReject as u8 {
            return;
        }
        while (self.transport.push)(self.sink, &report) == 0 {
            std::hint::spin_loop();
        }
    }
}

struct Global(UnsafeCell<Option<(Matcher<Vector, Hash>, Line)>>);

// SAFETY: the interface is single-threaded: the harness calls one function at a time.
unsafe impl Sync for Global {}

static GLOBAL: Global = Global(UnsafeCell::new(None));

/// Live orders, levels and ids of the published scenarios fit.
const CAPACITY: Capacity = Capacity { orders: 1 << 17, levels: 1 << 14, ids: 1 << 21 };

/// Run `body` on the engine; `None` before `engine_init` and after a panic.
///
/// # Safety
/// No other call is in progress.
#[inline]
unsafe fn global<R>(body: impl FnOnce(&mut Matcher<Vector, Hash>, &mut Line) -> R) -> Option<R> {
    // SAFETY: per the contract above, no other reference is alive.
    let slot = unsafe { &mut *GLOBAL.0.get() };
    let (engine, line) = slot.as_mut()?;
    match catch_unwind(AssertUnwindSafe(|| body(engine, line))) {
        Ok(result) => Some(result),
        Err(_) => {
            *slot = None;
            None
        }
    }
}

/// Start an empty engine that pushes to `sink`. The seed is not used: nothing here is random. 0, or -1 on failure.
///
/// # Safety
/// `transport` is null or points to five functions that accept `sink`; no other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_init(_seed: u64, transport: *const Transport, sink: *mut c_void) -> i32 {
    // SAFETY: per the contract above.
    let Some(&transport) = (unsafe { transport.as_ref() }) else { return -1 };
    let made = catch_unwind(|| {
        let mut engine = Matcher::new(Config { modify: ModifyRule::AlwaysRequeue, ..Config::default() });
        engine.reserve(CAPACITY);
        engine
    });
    let Ok(engine) = made else { return -1 };
    // SAFETY: no other call is in progress.
    unsafe { *GLOBAL.0.get() = Some((engine, Line { transport, sink })) };
    0
}

/// Forget the engine.
///
/// # Safety
/// No other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_shutdown() {
    // SAFETY: per the contract above.
    unsafe { *GLOBAL.0.get() = None };
}

/// Enter an order.
///
/// # Safety
/// `order` is null or points to an order; no other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_new_order(order: *const CNewOrder) {
    // SAFETY: per the contract above.
    let Some(order) = (unsafe { order.as_ref() }) else { return };
    // The last three bytes of the interface's message are a flag and padding, which may hold anything.
    let order = CNewOrder { tif: u8::from(order.tif != 0), owner: 0, ..*order };
    // SAFETY: per the contract above.
    unsafe {
        global(|engine, line| {
            if let Some(order) = order.order(engine.now()) {
                engine.new_order(&order, line);
            }
        })
    };
}

/// End an order.
///
/// # Safety
/// `cancel` is null or points to a cancel; no other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_cancel(cancel: *const CCancel) {
    // SAFETY: per the contract above.
    unsafe {
        let Some(cancel) = cancel.as_ref() else { return };
        global(|engine, line| engine.cancel(&cancel.cancel(engine.now()), line));
    }
}

/// Change an order.
///
/// # Safety
/// `modify` is null or points to a modify; no other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_on_modify(modify: *const CModify) {
    // SAFETY: per the contract above.
    unsafe {
        let Some(modify) = modify.as_ref() else { return };
        global(|engine, line| {
            if let Some(modify) = modify.modify(engine.now()) {
                engine.modify(&modify, line);
            }
        });
    }
}

/// Barrier: everything reported is with the transport.
///
/// # Safety
/// No other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_flush() {
    // SAFETY: per the contract above.
    unsafe { global(|_, line| (line.transport.flush)(line.sink)) };
}

/// Highest bid, `INT64_MIN` if none.
///
/// # Safety
/// No other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_query_best_bid() -> i64 {
    // SAFETY: per the contract above.
    unsafe { global(|engine, _| engine.best_bid()) }.flatten().unwrap_or(i64::MIN)
}

/// Lowest ask, `INT64_MAX` if none.
///
/// # Safety
/// No other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_query_best_ask() -> i64 {
    // SAFETY: per the contract above.
    unsafe { global(|engine, _| engine.best_ask()) }.flatten().unwrap_or(i64::MAX)
}

/// Lots resting at a price of a side, 0 if none.
///
/// # Safety
/// No other call is in progress.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn engine_query_depth_at(price: i64, of: u8) -> u64 {
    // SAFETY: per the contract above.
    unsafe { global(|engine, _| side(of).map_or(0, |side| engine.depth_at(price, side))) }.unwrap_or(0)
}
