//! Methods of the contexts of detect and build.

use alloc::format;
use alloc::string::String;

use crate::{
    App, BuildContext, DetectContext, Layer, LayerFolder, PlanEntry, RestoredLayer, Variable,
};

impl DetectContext {
    /// The application.
    #[must_use]
    pub fn app(&self) -> App {
        App::at(&self.app_dir)
    }

    /// The value of a variable that buildpack.toml declares and that is set.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        variable(&self.variables, name)
    }
}

impl BuildContext {
    /// The application.
    #[must_use]
    pub fn app(&self) -> App {
        App::at(&self.app_dir)
    }

    /// The value of a variable that buildpack.toml declares and that is set.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        variable(&self.variables, name)
    }

    /// The directory of a layer, to write files into it.
    #[must_use]
    pub fn layer(&self, layer: Layer) -> LayerFolder {
        LayerFolder::new(&self.layers_dir, layer)
    }

    /// The absolute path of a layer's directory, in this build and in the image.
    #[must_use]
    pub fn layer_path(&self, name: &str) -> String {
        format!("{}/{name}", self.layers_dir.trim_end_matches('/'))
    }

    /// A layer of the previous build that the lifecycle restored.
    #[must_use]
    pub fn restored(&self, name: &str) -> Option<&RestoredLayer> {
        self.restored_layers.iter().find(|layer| layer.name == name)
    }

    /// The entries of the Buildpack Plan with a name: one for each buildpack that requires it.
    pub fn required<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a PlanEntry> {
        let entries = self.buildpack_plan.iter();
        entries.filter(move |entry| entry.name == name)
    }
}

fn variable<'a>(variables: &'a [Variable], name: &str) -> Option<&'a str> {
    let found = variables.iter().find(|variable| variable.name == name);
    found.map(|variable| variable.value.as_str())
}
