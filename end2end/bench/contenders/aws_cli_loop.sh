#!/usr/bin/env bash
# What a person with a shell does: list the streams, then ask for each of them.
set -euo pipefail
milestone() { printf '{"milestone": "%s", "at": %s}\n' "$1" "$(date +%s.%N)"; }

names=$(aws kinesis list-streams --query 'StreamNames[]' --output text)
milestone first-name
milestone all-names
count=0
encrypted=0
for name in $names; do
    type=$(aws kinesis describe-stream-summary --stream-name "$name" \
        --query StreamDescriptionSummary.EncryptionType --output text)
    count=$((count + 1))
    if [ "$type" = KMS ]; then encrypted=$((encrypted + 1)); fi
    if [ "$count" = 25 ]; then milestone 25-states; fi
done
milestone all-states
printf '{"streams": %s, "encrypted": %s}\n' "$count" "$encrypted"
