#!/bin/bash
# Prints what the old Endpoints object lists: each address has to be a pod's, and each pod's has to be listed.
set -e -o pipefail
listed=$(kubectl get endpoints httpenv -o jsonpath='{range .subsets[*].addresses[*]}{.ip}{"\n"}{end}')
pods=$(kubectl get pods --selector app=httpenv -o jsonpath='{range .items[*]}{.status.podIP}{"\n"}{end}')
for address in $listed; do
  echo "$address:8888"
  grep --quiet --line-regexp --fixed-strings "$address" <<<"$pods"
done
for address in $pods; do
  grep --quiet --line-regexp --fixed-strings "$address" <<<"$listed"
done
