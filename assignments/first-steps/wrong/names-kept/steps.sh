# The names of three pods, written down.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
kubectl scale deployment ticktock --replicas=3

# step: last-lines
test -e names || kubectl get pods --selector=app=ticktock -o name > names
for pod in $(cat names); do kubectl logs "$pod" --tail=1; done
