//! The requests of a download, by what they are for, so that a fault finds the one that it is meant for.

use tests::git_server::fault::{Fault, When};
use tests::git_server::http::Request;

use crate::support::World;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// What the server offers. It is asked for only if the first question was not understood.
    Offer,
    /// A branch or tag.
    Refs,
    /// The commit and the folders on the way to the wanted one.
    Trees,
    /// What the wanted folder holds.
    Content,
}

impl Step {
    /// Each of them.
    pub(crate) const ALL: [Self; 4] = [Self::Offer, Self::Refs, Self::Trees, Self::Content];

    /// Its number among the requests of a download of a branch, counted from 0, where it is asked for.
    pub(crate) fn number(self) -> usize {
        match self {
            Self::Refs => 0,
            Self::Offer | Self::Trees => 1,
            Self::Content => 2,
        }
    }

    /// The requests of a whole download of a branch in which it is asked for.
    pub(crate) fn whole(self) -> usize {
        match self {
            // The question that is not understood, this one, and the three of any download.
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
    /// The server does not understand the next question. So it is asked what it offers.
    pub(crate) fn misunderstands(&self) {
        let question = When::Is(Box::new(|request| request.method == "POST"));
        self.server.fault(question, 1, Fault::status(405));
    }

    /// From now on this step fails so many times. Sees to it that it comes to that step.
    pub(crate) fn fault_at(&self, step: Step, times: usize, fault: Fault) {
        if step == Step::Offer {
            self.misunderstands();
        }
        let when = When::Is(Box::new(move |request| step.is_of(request)));
        self.server.fault(when, times, fault);
    }

    /// The requests so far, by what they were for.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let step = |request: Request| Step::ALL.into_iter().find(|step| step.is_of(&request));
        let steps = self.server.requests().into_iter().map(step);
        steps.map(|step| step.expect("a known step")).collect()
    }
}
