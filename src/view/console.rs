//! Addresses of AWS's own console.

use crate::model::stream::{Region, StreamId};

/// Returns the address of a stream in the console; `None` in partitions whose console isn't public.
pub fn stream(stream: &StreamId) -> Option<String> {
    let StreamId { region, name, .. } = stream;
    Some(format!("{}/kinesis/home?region={region}#/streams/details/{name}/monitoring", origin(region)?))
}

/// Returns the address of CloudTrail's event history, narrowed to a stream.
pub fn trail(stream: &StreamId) -> Option<String> {
    let StreamId { region, name, .. } = stream;
    Some(format!("{}/cloudtrailv2/home?region={region}#/events?ResourceName={name}", origin(region)?))
}

fn origin(region: &Region) -> Option<String> {
    let domain = match region.partition() {
        "aws" => "console.aws.amazon.com",
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => return None,
    };
    Some(format!("https://{region}.{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(region: &str) -> StreamId {
        StreamId::parse("111122223333", region, "orders-prod").unwrap()
    }

    #[test]
    fn each_partition_has_its_own_console() {
        assert_eq!(
            stream(&id("eu-west-1")).unwrap(),
            "https://eu-west-1.console.aws.amazon.com/kinesis/home?region=eu-west-1#/streams/details/orders-prod/\
            monitoring"
        );
        assert_eq!(
            trail(&id("cn-north-1")).unwrap(),
            "https://cn-north-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1#/events?\
            ResourceName=orders-prod"
        );
        let gov = stream(&id("us-gov-west-1")).unwrap();
        assert!(gov.starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/kinesis/"), "{gov}");
        assert_eq!((stream(&id("us-iso-east-1")), trail(&id("us-iso-east-1"))), (None, None));
    }
}
