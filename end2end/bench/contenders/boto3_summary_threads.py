"""What a careful person writes: the cheaper call, four threads, standard retries, and what still failed once more."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis", config=Config(retries={"mode": "standard"}, max_pool_connections=4))
# A listing that is refused once too often would have to begin anew: it may try more often.
listing = boto3.client("kinesis", config=Config(retries={"mode": "standard", "max_attempts": 10}))


def milestone(name: str) -> None:
    print(json.dumps({"milestone": name, "at": time.time()}), flush=True)


def encryption_of(name: str) -> str | None:
    """None when AWS refused as often as the SDK tries."""
    try:
        summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "LimitExceededException":
            raise
        return None
    return summary.get("EncryptionType", "unknown")


def main() -> None:
    names: list[str] = []
    for page in listing.get_paginator("list_streams").paginate():
        if not names:
            milestone("first-name")
        names += page["StreamNames"]
    milestone("all-names")
    encryption: dict[str, str] = {}
    visible, refused, left = set(names[:25]), 0, names
    with ThreadPoolExecutor(max_workers=4) as pool:
        while left:
            for name, state in zip(left, pool.map(encryption_of, left), strict=True):
                if state is None:
                    refused += 1
                    continue
                encryption[name] = state
                visible.discard(name)
                if not visible and name in names[:25]:
                    milestone("25-states")
            left = [name for name in names if name not in encryption]
    milestone("all-states")
    print(
        json.dumps(
            {"streams": len(encryption), "encrypted": list(encryption.values()).count("KMS"), "refused": refused}
        )
    )


if __name__ == "__main__":
    main()
