//! The outcome of a form: what it did, or the mistake in it.

mod done;
mod mistake;
mod outcome;
mod request;
mod requested;
mod typed;

pub use self::{
    done::FormDone, mistake::FormMistake, outcome::Outcome, request::KeyRequest, requested::Requested, typed::Typed,
};

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn every_code_comes_back_as_its_mistake() {
        for &mistake in FormMistake::VARIANTS {
            assert_eq!(FormMistake::from_code(&mistake.to_string()), Some(mistake));
        }
        assert_eq!(FormMistake::from_code("<script>"), None);
        for &done in FormDone::VARIANTS {
            assert_eq!(FormDone::from_code(&done.to_string()), Some(done));
        }
    }
}
