# A manifest of its own in place of a patch, with all that it was seen to need: two workers, by hand.

# step: strategies
kubectl get deploy -o json |
  jq ".items[] | {name:.metadata.name} + .spec.strategy.rollingUpdate"

# step: update
kubectl set image deploy worker worker=dockercoins/worker:v0.2
kubectl rollout status deploy worker

# step: stuck
kubectl set image deploy worker worker=dockercoins/worker:v0.3

# step: undo
kubectl rollout undo deploy worker
kubectl rollout status deploy worker

# step: undo-again
kubectl rollout undo deployment worker

# step: known-good
revision=$(kubectl get replicasets -l app=worker -o json | jq -r '.items[] |
  select(.spec.template.spec.containers[0].image == "dockercoins/worker:v0.1") |
  .metadata.annotations["deployment.kubernetes.io/revision"]')
kubectl rollout undo deployment worker --to-revision="$revision"
kubectl rollout status deployment worker

# step: careful-patch
kubectl apply -f careful.yaml
kubectl rollout status deployment worker
