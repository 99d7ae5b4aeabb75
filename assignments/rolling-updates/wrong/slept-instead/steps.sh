# Nobody asks whether the rollout is complete: some seconds are what it may take.

# step: strategies
kubectl get deploy -o json |
  jq ".items[] | {name:.metadata.name} + .spec.strategy.rollingUpdate"

# step: update
kubectl set image deploy worker worker=dockercoins/worker:v0.2
sleep 6

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
