//! The host's data for one component while it runs.

use contract::log::{self, Level};
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::{HostMonotonicClock as _, WasiCtx, WasiCtxView, WasiView};

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

impl monotonic_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.now())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.resolution())
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.clock.subscribe(&mut self.table, when)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let when = self.clock.moment().saturating_add(duration);
        self.clock.subscribe(&mut self.table, when)
    }
}
