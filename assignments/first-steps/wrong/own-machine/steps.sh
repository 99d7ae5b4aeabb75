# The kernel where the command runs, and an engine from memory.

# step: nodes
kubectl get nodes

# step: node-details
uname -r
echo docker

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
kubectl scale deployment ticktock --replicas=3

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
