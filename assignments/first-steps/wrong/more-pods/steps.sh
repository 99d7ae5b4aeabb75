# Two more pods with the same label, which the Deployment does not own.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
for number in 2 3; do kubectl run "ticktock-$number" --image=bretfisher/clock --labels=app=ticktock; done

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
