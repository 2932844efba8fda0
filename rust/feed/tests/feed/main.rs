//! Event files, their converters, readers and simulators from the outside; one program, because each is compiled anew.

mod anchor;
mod binance;
mod common;
mod damage;
mod dbn;
mod facts;
mod file;
mod flow;
mod itch;
mod lobster;
mod npz;
mod watch;
