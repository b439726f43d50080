//! Which traces are recorded, as `OTEL_TRACES_SAMPLER` says.
//!
//! A trace begins here, whatever its request brings, so a sampler that asks for the parent's decision finds none. The
//! decision depends on nothing but the trace's id: all instances make the same one.

use super::ids::TraceId;

/// Which traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampler {
    Always,
    Never,
    /// This part of all traces, from 0 to 1.
    Ratio(f64),
}

/// The part of the id that decides has 48 bits: a float holds them exactly.
const DECIDING_BITS: i32 = 48;

impl Sampler {
    /// Returns the sampler of this name. `ratio` is its argument, if it takes one.
    pub fn named(name: &str, ratio: f64) -> Option<Self> {
        match name.strip_prefix("parentbased_").unwrap_or(name) {
            "always_on" => Some(Self::Always),
            "always_off" => Some(Self::Never),
            "traceidratio" => Some(Self::Ratio(ratio)),
            _ => None,
        }
    }

    /// Returns whether a trace is recorded.
    pub fn takes(self, trace: TraceId) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Ratio(ratio) => position(trace) < ratio,
        }
    }
}

/// Returns where among all ids this one is, from 0 to just under 1.
fn position(TraceId(bytes): TraceId) -> f64 {
    let number = bytes[10..].iter().fold(0.0, |number, byte| number * 256.0 + f64::from(*byte));
    number / 2.0_f64.powi(DECIDING_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_takes_that_part_of_all_traces() {
        let taken = |ratio| {
            let sampler = Sampler::Ratio(ratio);
            (0..2_000).filter(|number| sampler.takes(TraceId::of_change(&format!("change {number}")))).count()
        };
        assert_eq!((taken(0.0), taken(1.0)), (0, 2_000));
        assert!((400..600).contains(&taken(0.25)), "{}", taken(0.25));
        let all_ones = TraceId([0xff; 16]);
        assert!(Sampler::Ratio(1.0).takes(all_ones) && !Sampler::Ratio(0.999).takes(all_ones));
    }

    #[test]
    fn samplers_have_the_names_of_the_standard() {
        assert_eq!(Sampler::named("always_on", 1.0), Some(Sampler::Always));
        assert_eq!(Sampler::named("parentbased_always_off", 1.0), Some(Sampler::Never));
        assert_eq!(Sampler::named("parentbased_traceidratio", 0.5), Some(Sampler::Ratio(0.5)));
        for unknown in ["", "parentbased_", "parentbased_jaeger_remote", "xray"] {
            assert_eq!(Sampler::named(unknown, 1.0), None, "{unknown}");
        }
    }
}
