//! The exports of a component: found, compared with the version of the contract that the component speaks, and called.
//!
//! A caller passes and gets the types of the newest version.

use contract::types::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Failure};
use contract::{Version, v0_1};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower, TypedFunc,
};
use wasmtime::error::Context as _;
use wasmtime::{Store, bail};

use super::state::State;

/// The names of the exports in every version.
pub(super) const NAMES: [&str; 2] = ["detect", "build"];

type Detect<'a> = (&'a DetectContext,);
type Build<'a> = (&'a BuildContext,);
/// The answer of an export, which may be that it failed.
type Answer<T> = (Result<T, Failure>,);

/// The exports of a linked component.
pub(super) struct Exports {
    pre: InstancePre<State>,
    version: Version,
    detect: ComponentExportIndex,
    build: ComponentExportIndex,
}

impl Exports {
    /// Finds the exports and compares their types with those of this version.
    pub(super) fn of(pre: InstancePre<State>, version: Version) -> wasmtime::Result<Self> {
        let [detect, build] = NAMES;
        Ok(Self {
            detect: find::<Detect<'_>, Answer<DetectOutcome>>(&pre, detect)?,
            build: match version {
                Version::V0_1 => find::<Build<'_>, Answer<v0_1::BuildOutput>>(&pre, build),
                Version::V0_2 => find::<Build<'_>, Answer<BuildOutput>>(&pre, build),
            }?,
            pre,
            version,
        })
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    pub(super) async fn detect(
        &self,
        store: &mut Store<State>,
        context: &DetectContext,
    ) -> wasmtime::Result<Result<DetectOutcome, Failure>> {
        let function = self.instantiate::<Detect<'_>, Answer<_>>(store, &self.detect);
        let (answer,) = function.await?.call_async(store, (context,)).await?;
        Ok(answer)
    }

    pub(super) async fn build(
        &self,
        store: &mut Store<State>,
        context: &BuildContext,
    ) -> wasmtime::Result<Result<BuildOutput, Failure>> {
        match self.version {
            Version::V0_1 => {
                let function =
                    self.instantiate::<Build<'_>, Answer<v0_1::BuildOutput>>(store, &self.build);
                let (answer,) = function.await?.call_async(store, (context,)).await?;
                Ok(answer.map(Into::into))
            }
            Version::V0_2 => {
                let function = self.instantiate::<Build<'_>, Answer<_>>(store, &self.build);
                let (answer,) = function.await?.call_async(store, (context,)).await?;
                Ok(answer)
            }
        }
    }

    /// Makes an instance and returns one of its functions.
    async fn instantiate<P, R>(
        &self,
        store: &mut Store<State>,
        export: &ComponentExportIndex,
    ) -> wasmtime::Result<TypedFunc<P, R>>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        instance.get_typed_func(store, export)
    }
}

/// Finds an exported function and compares its type.
fn find<P, R>(pre: &InstancePre<State>, name: &str) -> wasmtime::Result<ComponentExportIndex>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    let Some((ComponentItem::ComponentFunc(function), export)) =
        pre.component().get_export(None, name)
    else {
        bail!("it does not export the function '{name}'");
    };
    function
        .typecheck::<P, R>(&pre.instance_type())
        .with_context(|| format!("the type of its export '{name}' is another one"))?;
    Ok(export)
}
