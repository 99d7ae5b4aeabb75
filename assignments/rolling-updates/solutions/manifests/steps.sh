# Manifests that are applied, and the history as kubectl tells it.

# step: strategies
kubectl get deployments -o json |
  jq '[.items[] | {name: .metadata.name} + (.spec.strategy.rollingUpdate // {})]'

# step: update
kubectl apply -f worker.yaml
kubectl rollout status deployment worker

# step: stuck
sed 's/v0.2/v0.3/' worker.yaml | kubectl apply -f -

# step: undo
kubectl rollout undo deployment worker

# step: undo-again
kubectl rollout undo deployment worker

# step: known-good
for revision in $(kubectl rollout history deployment worker | awk '$1 ~ /^[0-9]+$/ { print $1 }'); do
  image=$(kubectl rollout history deployment worker --revision="$revision" | awk '$1 == "Image:" { print $2 }')
  if [ "$image" = dockercoins/worker:v0.1 ]; then good=$revision; fi
done
kubectl rollout undo deployment worker --to-revision="$good"

# step: careful-patch
kubectl patch deployment worker --patch-file=careful.yaml
