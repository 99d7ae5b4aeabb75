# Another image, which tells the time as well.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
kubectl get pods --namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=busybox -- sh -c 'trap exit TERM; while date; do sleep 1; done'

# step: two-more
kubectl scale deployment ticktock --replicas=3

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
