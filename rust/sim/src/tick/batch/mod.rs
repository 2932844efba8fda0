//! N sessions stepped in one call, into arrays of the caller.

mod arrays;
mod row;

use quantrl_lob::Side;
use rayon::prelude::*;

use super::action::Action;
use super::error::Error;
use super::session::{Session, Until};
use super::venue::Venue;

use arrays::{write_account, write_depth};
pub use row::{Row, action};

/// Columns of `Outputs::account`.
pub const ACCOUNT: [&str; 8] =
    ["now", "position", "cash", "fee", "turnover", "volume", "trades", "open_orders"];

/// Where a step writes. All row-major, N sessions of I instruments.
#[derive(Debug)]
pub struct Outputs<'a> {
    /// (N, I, 2, K, 2): of bids and asks, best first, absolute ticks and lots; zeros behind the last level.
    pub depth: &'a mut [i64],
    /// (N, I, 8): see `ACCOUNT`; cash units, fees in billionths of one, both held within i64.
    pub account: &'a mut [i64],
    /// (N, A): references of orders opened by this step's actions, of the others as given.
    pub refs: &'a mut [u64],
    /// (N,): 1 where nothing is left.
    pub done: &'a mut [u8],
}

/// Sessions that are stepped together. They share nothing that changes: any number of threads gives the same.
#[derive(Debug)]
pub struct Batch<V> {
    sessions: Vec<Session<V>>,
    works: Vec<Vec<Action>>,
    pool: Option<rayon::ThreadPool>,
}

/// One session and its rows.
struct Lane<'a, V> {
    session: &'a mut Session<V>,
    work: &'a mut Vec<Action>,
    rows: &'a [[u8; Row::SIZE]],
    depth: &'a mut [i64],
    account: &'a mut [i64],
    refs: &'a mut [u64],
    done: &'a mut u8,
}

impl<V: Venue + Send + Sync> Batch<V> {
    /// # Errors
    /// No session, sessions of different numbers of instruments, or threads that cannot be started.
    pub fn new(sessions: Vec<Session<V>>, threads: usize) -> Result<Self, Error> {
        let Some(first) = sessions.first().map(|session| session.plan.instruments()) else {
            return Err(Error::config("files", "at least one session", 0));
        };
        if let Some(other) = sessions.iter().find(|session| session.plan.instruments() != first) {
            let got = other.plan.instruments();
            return Err(Error::config("files", format_args!("{first} instruments, as in the first"), got));
        }
        if threads == 0 {
            return Err(Error::config("threads", "at least 1", threads));
        }
        let pool = (threads > 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build())
            .transpose()
            .map_err(|error| Error::config("threads", "as many as the system starts", error))?;
        let works = vec![Vec::with_capacity(16); sessions.len()];
        Ok(Self { sessions, works, pool })
    }

    /// The sessions.
    pub fn sessions(&self) -> &[Session<V>] {
        &self.sessions
    }

    /// The sessions, to change one by one.
    pub fn sessions_mut(&mut self) -> &mut [Session<V>] {
        &mut self.sessions
    }

    /// Send `rows` (N, A), then let every session go on for `dt` ns of its own time; one that has ended stays so.
    ///
    /// # Errors
    /// An array of the wrong length, by name; the first row no venue would be sent, its place in `rows` named: no session
    /// has changed then. A damaged file: the sessions stand where they are.
    pub fn step(&mut self, rows: &[[u8; Row::SIZE]], dt: i64, out: &mut Outputs<'_>) -> Result<(), Error> {
        let n = self.sessions.len();
        let instruments = self.sessions[0].plan.instruments();
        let width = rows.len() / n;
        for (name, got, good) in [
            ("actions", rows.len(), rows.len() == n * width),
            ("refs_out", out.refs.len(), out.refs.len() == rows.len()),
            ("account_out", out.account.len(), out.account.len() == n * instruments * ACCOUNT.len()),
            ("depth_out", out.depth.len(), out.depth.len().is_multiple_of(n * instruments * 4)),
            ("done_out", out.done.len(), out.done.len() == n),
        ] {
            if !good {
                let shape = format_args!("{n} sessions of {instruments} instruments, {width} actions each");
                return Err(Error::config(name, shape, format_args!("{got} values")));
            }
        }
        if dt < 0 {
            return Err(Error::config("dt", "at least 0 ns", dt));
        }
        let depth = out.depth.len() / n;
        let (depths, refs) = (chunks(out.depth, depth, n), chunks(out.refs, width, n));
        let accounts = out.account.chunks_mut(instruments * ACCOUNT.len());
        let mut lanes: Vec<Lane<'_, V>> = self
            .sessions
            .iter_mut()
            .zip(&mut self.works)
            .zip(depths.zip(refs))
            .zip(accounts.zip(out.done.iter_mut()))
            .enumerate()
            .map(|(i, (((session, work), (depth, refs)), (account, done)))| {
                let rows = &rows[i * width..(i + 1) * width];
                Lane { session, work, rows, depth, account, refs, done }
            })
            .collect();
        let size = n.div_ceil(self.pool.as_ref().map_or(1, |pool| 4 * pool.current_num_threads()));
        each(self.pool.as_ref(), &mut lanes, size, |i, lane| lane.check(i * width))?;
        each(self.pool.as_ref(), &mut lanes, size, |_, lane| lane.step(dt))
    }
}

/// `n` parts of `size`, empty ones where that is 0.
fn chunks<T>(all: &mut [T], size: usize, n: usize) -> impl Iterator<Item = &mut [T]> {
    let mut rest = all;
    (0..n).map(move |_| {
        let (head, tail) = std::mem::take(&mut rest).split_at_mut(size);
        rest = tail;
        head
    })
}

/// Do something to every lane; the error of the first lane that has one.
fn each<'a, V: Venue + Send + Sync>(
    pool: Option<&rayon::ThreadPool>,
    lanes: &mut [Lane<'a, V>],
    size: usize,
    work: impl Fn(usize, &mut Lane<'a, V>) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let Some(pool) = pool else {
        return lanes.iter_mut().enumerate().try_for_each(|(i, lane)| work(i, lane));
    };
    let first = pool.install(|| {
        lanes
            .par_iter_mut()
            .enumerate()
            .with_min_len(size)
            .filter_map(|(i, lane)| work(i, lane).err().map(|error| (i, error)))
            .min_by_key(|(i, _)| *i)
    });
    first.map_or(Ok(()), |(_, error)| Err(error))
}

impl<V: Venue> Lane<'_, V> {
    /// Read and check the rows; `first` is the place of the first among all.
    fn check(&mut self, first: usize) -> Result<(), Error> {
        self.work.clear();
        for (at, bytes) in self.rows.iter().enumerate() {
            if bytes[0] > 0 {
                self.work.push(action(&Row::of_bytes(bytes)).map_err(|error| error.nth(first + at))?);
            }
        }
        let placed = |error: Error| match &error {
            Error::Order { action, .. } => {
                let sent = self.rows.iter().enumerate().filter(|(_, row)| row[0] > 0).nth(*action);
                let at = first + sent.map_or(0, |(at, _)| at);
                error.nth(at)
            }
            _ => error,
        };
        self.session.check(self.work).map_err(placed)
    }

    fn step(&mut self, dt: i64) -> Result<(), Error> {
        self.session.send_checked(self.work)?;
        let mut opened = self.session.opened.iter();
        for (bytes, out) in self.rows.iter().zip(self.refs.iter_mut()) {
            let row = Row::of_bytes(bytes);
            let new = if row.op == 1 || row.op == 2 { opened.next() } else { None };
            *out =
                new.map_or(row.order, |order| u64::from(order.generation()) << 32 | u64::from(order.slot()));
        }
        let until = Until::Time(self.session.now().saturating_add(dt));
        *self.done = u8::from(!self.session.step(until)?);
        let view = self.session.view()?;
        let instruments = view.plan.instruments();
        let size = self.depth.len() / instruments;
        for (instr, row) in (0u16..).zip(self.account.chunks_mut(ACCOUNT.len())) {
            write_account(&view, instr, row);
            let levels = &mut self.depth[usize::from(instr) * size..][..size];
            for (side, levels) in Side::BOTH.into_iter().zip(levels.chunks_mut((size / 2).max(1))) {
                write_depth(&view, instr, side, levels);
            }
        }
        Ok(())
    }
}
