#!/bin/bash
# Gives the Deployment the pod template of a revision; $1 chooses it among all of them.
set -e -o pipefail
template=$(kubectl get replicasets -l app=worker -o json | jq "[.items[] | {
    revision: (.metadata.annotations[\"deployment.kubernetes.io/revision\"] | tonumber),
    template: (.spec.template | del(.metadata.labels[\"pod-template-hash\"]))
  }] | $1 | .template")
kubectl get deployment worker -o json |
  jq --argjson template "$template" '.spec.template = $template | del(.metadata.resourceVersion)' |
  kubectl replace -f -
