//! Proofs that were interrupted.

use super::{Done, Proof, ProofRequest};
use crate::model::{change::Step, time::Timestamp};

impl<T: Clone> ProofRequest<T> {
    /// Returns this proof, ended without a result, unless it has already ended.
    fn cut_off(&self, at: Timestamp, why: &str) -> Option<Self> {
        self.has_no_result().then(|| Self { result: Some(Done { at, outcome: Err(why.to_owned()) }), ..self.clone() })
    }
}

impl Proof {
    /// Returns the steps that end interrupted proofs: nothing was proven.
    pub fn cut_off(&self, at: Timestamp) -> Vec<Step> {
        let of_write = "Keystream stopped before it finished; marked records may have been written, and asking again \
            writes more";
        let of_read = "Keystream stopped before it finished; ask again";
        let write = self.write.as_ref().and_then(|request| request.cut_off(at, of_write)).map(Step::ProofByWrite);
        let read = self.read.as_ref().and_then(|request| request.cut_off(at, of_read)).map(Step::ProofByRead);
        write.into_iter().chain(read).collect()
    }
}
