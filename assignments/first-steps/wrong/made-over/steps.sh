# The Deployment is deleted and made again, with three pods.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
kubectl delete deployment ticktock
kubectl create deployment ticktock --image=bretfisher/clock --replicas=3

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
