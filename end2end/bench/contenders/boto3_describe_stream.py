"""What most people write first: list the streams, then describe each of them, one after the other. As they write it at
the second try: with the SDK's three attempts a call it ends in LimitExceededException after some tens of streams."""

import json
import time

import boto3
from botocore.config import Config


def milestone(name: str) -> None:
    print(json.dumps({"milestone": name, "at": time.time()}), flush=True)


def main() -> None:
    kinesis = boto3.client("kinesis", config=Config(retries={"max_attempts": 10}))
    names: list[str] = []
    for page in kinesis.get_paginator("list_streams").paginate():
        if not names:
            milestone("first-name")
        names += page["StreamNames"]
    milestone("all-names")
    encryption: dict[str, str] = {}
    for name in names:
        description = kinesis.describe_stream(StreamName=name)["StreamDescription"]
        encryption[name] = description.get("EncryptionType", "unknown")
        if len(encryption) == 25:
            milestone("25-states")
    milestone("all-states")
    print(json.dumps({"streams": len(encryption), "encrypted": list(encryption.values()).count("KMS")}))


if __name__ == "__main__":
    main()
