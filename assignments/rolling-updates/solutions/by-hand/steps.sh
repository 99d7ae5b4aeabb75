# Without undo: the template of a revision is read from its ReplicaSet, and put back.

# step: strategies
for each in $(kubectl get deployments -o name); do
  kubectl get "$each" -o json | jq --compact-output '{name: .metadata.name} + .spec.strategy.rollingUpdate'
done

# step: update
kubectl get deployment worker -o json |
  jq '.spec.template.spec.containers[0].image = "docker.io/dockercoins/worker:v0.2" | del(.metadata.resourceVersion)' |
  kubectl replace -f -
kubectl rollout status deployment worker

# step: stuck
kubectl patch deployment worker --type=json \
  -p='[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "dockercoins/worker:v0.3"}]'
kubectl rollout status deployment worker --timeout=5s || echo "it is stuck"

# step: undo
bash back_to.sh 'sort_by(.revision) | .[-2]'

# step: undo-again
bash back_to.sh 'sort_by(.revision) | .[-2]'

# step: known-good
bash back_to.sh '.[] | select(.template.spec.containers[0].image == "dockercoins/worker:v0.1")'

# step: careful-patch
kubectl get deployment worker -o json |
  jq 'del(.metadata.resourceVersion) | .spec.minReadySeconds = 10
    | .spec.strategy.rollingUpdate = {maxSurge: 1, maxUnavailable: 0}
    | .spec.template.spec.containers[0].image = "dockercoins/worker:v0.1"' |
  kubectl replace -f -
kubectl rollout status deployment worker
