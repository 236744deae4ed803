//! The host's data for one component while it runs.

use contract::log::{self, Level};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::clock::Clock;
use super::limits::Limiter;
use super::log::Logger;
use super::quota::Quota;

/// The data of a component's store.
pub(super) struct State {
    pub(super) wasi: WasiCtx,
    pub(super) table: ResourceTable,
    pub(super) clock: Clock,
    pub(super) limiter: Limiter,
    pub(super) quota: Quota,
    pub(super) logger: Logger,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl log::Host for State {
    fn log(&mut self, level: Level, message: String) {
        self.logger.write(level, &message);
    }
}

impl contract::types::Host for State {}
