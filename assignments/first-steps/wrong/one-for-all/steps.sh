# The values of the first node, without saying whose they are.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o jsonpath='{.items[0].status.nodeInfo.kernelVersion} {.items[0].status.nodeInfo.containerRuntimeVersion}'

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
kubectl scale deployment ticktock --replicas=3

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
