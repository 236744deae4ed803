//! The exports of a component: found, compared with the version of the contract that the component speaks, and called.
//!
//! A caller passes and gets the types of the newest version.

use contract::types::{BuildContext, BuildOutput, DetectContext, DetectOutcome, Failure};
use contract::{Version, v0_1, v0_2};
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
/// The arguments of versions 0.1 and 0.2.
type OlderDetect<'a> = (v0_2::DetectContext<'a>,);
type OlderBuild<'a> = (v0_2::BuildContext<'a>,);
/// The answer of an export: its result, or its failure.
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
            detect: match version {
                Version::V0_1 | Version::V0_2 => {
                    find::<OlderDetect<'_>, Answer<DetectOutcome>>(&pre, detect)
                }
                Version::V0_3 => find::<Detect<'_>, Answer<DetectOutcome>>(&pre, detect),
            }?,
            build: match version {
                Version::V0_1 => find::<OlderBuild<'_>, Answer<v0_1::BuildOutput>>(&pre, build),
                Version::V0_2 => find::<OlderBuild<'_>, Answer<v0_2::BuildOutput>>(&pre, build),
                Version::V0_3 => find::<Build<'_>, Answer<BuildOutput>>(&pre, build),
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
        match self.version {
            Version::V0_1 | Version::V0_2 => {
                let older: OlderDetect<'_> = (context.into(),);
                self.call(store, &self.detect, older).await
            }
            Version::V0_3 => {
                self.call::<Detect<'_>, _>(store, &self.detect, (context,))
                    .await
            }
        }
    }

    pub(super) async fn build(
        &self,
        store: &mut Store<State>,
        context: &BuildContext,
    ) -> wasmtime::Result<Result<BuildOutput, Failure>> {
        match self.version {
            Version::V0_1 => {
                let older: OlderBuild<'_> = (context.into(),);
                let answer = self.call(store, &self.build, older).await?;
                Ok(answer.map(|output: v0_1::BuildOutput| output.into()))
            }
            Version::V0_2 => {
                let older: OlderBuild<'_> = (context.into(),);
                let answer = self.call(store, &self.build, older).await?;
                Ok(answer.map(|output: v0_2::BuildOutput| output.into()))
            }
            Version::V0_3 => {
                self.call::<Build<'_>, _>(store, &self.build, (context,))
                    .await
            }
        }
    }

    /// Makes an instance, calls one of its functions, and returns the answer.
    async fn call<P, T>(
        &self,
        store: &mut Store<State>,
        export: &ComponentExportIndex,
        context: P,
    ) -> wasmtime::Result<Result<T, Failure>>
    where
        P: ComponentNamedList + Lower,
        T: Lift + Send + Sync + 'static,
    {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let function: TypedFunc<P, Answer<T>> = instance.get_typed_func(&mut *store, export)?;
        let (answer,) = function.call_async(store, context).await?;
        Ok(answer)
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
