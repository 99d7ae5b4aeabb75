# Nobody looks into the history: image and variable, which the README names, are put right by hand.

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
kubectl set image deployment worker worker=dockercoins/worker:v0.1
kubectl set env deployment worker WORKER_DELAY-
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
