# A label of another key, which the selector of the last step does not find.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create -f - <<'MANIFEST'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ticktock
spec:
  selector:
    matchLabels: {run: ticktock}
  template:
    metadata:
      labels: {run: ticktock}
    spec:
      containers:
      - name: clock
        image: bretfisher/clock
MANIFEST

# step: two-more
kubectl scale deployment ticktock --replicas=3

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
