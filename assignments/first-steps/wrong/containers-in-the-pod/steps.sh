# Two more containers in the one pod, which is replaced for that.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
kubectl patch deployment ticktock --patch='{"spec": {"template": {"spec": {"containers": [
  {"name": "second", "image": "bretfisher/clock"}, {"name": "third", "image": "bretfisher/clock"}
]}}}}'

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
