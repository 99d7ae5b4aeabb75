# A manifest that is applied twice, and columns of one's own choice.

# step: nodes
kubectl get nodes -o name

# step: node-details
kubectl get nodes -o custom-columns='NODE:.metadata.name,KERNEL:.status.nodeInfo.kernelVersion,ENGINE:.status.nodeInfo.containerRuntimeVersion'

# step: system-pods
kubectl get pods -n kube-system --no-headers -o custom-columns=:.metadata.name

# step: ticktock
kubectl apply -f ticktock.yaml
kubectl rollout status deployment ticktock

# step: two-more
sed 's/replicas: 1/replicas: 3/' ticktock.yaml | kubectl apply -f -
kubectl rollout status deployment ticktock

# step: last-lines
kubectl logs -l app=ticktock --tail=1 --prefix
