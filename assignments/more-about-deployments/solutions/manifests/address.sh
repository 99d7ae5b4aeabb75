#!/bin/bash
# Prints the address of the Tomcat pod that is Ready.
kubectl get pods -l app=littletomcat -o json | jq -r '.items[] |
  select(.metadata.deletionTimestamp == null) |
  select(.status.conditions[]? | .type == "Ready" and .status == "True") | .status.podIP'
