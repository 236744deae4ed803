//! Classifies the requests of a download, so that a fault can target one of them.

use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Request;

use crate::support::World;

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The server's capabilities. They are requested only if the first request was not understood.
    Offer,
    /// The refs of a branch or tag.
    Refs,
    /// The commit and the folders above the wanted one.
    Trees,
    /// The content of the wanted folder.
    Content,
}

impl Step {
    pub(crate) const ALL: [Self; 4] = [Self::Offer, Self::Refs, Self::Trees, Self::Content];

    /// Its index among the requests of a branch's download, from 0.
    pub(crate) fn number(self) -> usize {
        match self {
            Self::Refs => 0,
            Self::Offer | Self::Trees => 1,
            Self::Content => 2,
        }
    }

    /// The number of requests in a branch's whole download that includes this step.
    pub(crate) fn whole(self) -> usize {
        match self {
            // The request that was not understood, this one, and the three of any download.
            Self::Offer => 5,
            Self::Refs | Self::Trees | Self::Content => 3,
        }
    }

    fn is_of(self, request: &Request) -> bool {
        let deepens = || memchr::memmem::find(&request.body, b"deepen 1").is_some();
        match (self, request.command()) {
            (Self::Offer, _) => request.method == "GET",
            (Self::Refs, command) => command == Some("ls-refs"),
            (Self::Trees, command) => command == Some("fetch") && deepens(),
            (Self::Content, command) => command == Some("fetch") && !deepens(),
        }
    }
}

impl World {
    /// Makes the server fail to understand the next POST request, so that the client requests the capabilities.
    pub(crate) fn misunderstands(&self) {
        let question = When::Is(Box::new(|request| request.method == "POST"));
        self.server.fault(question, 1, Fault::status(405));
    }

    /// Makes this step fail `times` times, and makes sure that the step occurs.
    pub(crate) fn fault_at(&self, step: Step, times: usize, fault: Fault) {
        if step == Step::Offer {
            self.misunderstands();
        }
        let when = When::Is(Box::new(move |request| step.is_of(request)));
        self.server.fault(when, times, fault);
    }

    /// The steps of all requests so far.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let step = |request: Request| Step::ALL.into_iter().find(|step| step.is_of(&request));
        let steps = self.server.requests().into_iter().map(step);
        steps.map(|step| step.expect("a known step")).collect()
    }
}
