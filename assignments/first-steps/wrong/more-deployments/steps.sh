# Two more Deployments.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
for number in 2 3; do kubectl create deployment "ticktock$number" --image=bretfisher/clock; done

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
