# What the course's command printed once, kept in the step.

# step: strategies
echo '{"name": "hasher", "maxSurge": 0, "maxUnavailable": "50%"}'
echo '{"name": "redis"}'
echo '{"name": "rng", "maxSurge": 2, "maxUnavailable": 1}'
echo '{"name": "webui", "maxSurge": "25%", "maxUnavailable": "25%"}'
echo '{"name": "worker", "maxSurge": "25%", "maxUnavailable": "25%"}'

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
kubectl patch deployment worker -p "
spec:
  template:
    spec:
      containers:
      - name: worker
        image: dockercoins/worker:v0.1
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  minReadySeconds: 10
"
kubectl rollout status deployment worker
