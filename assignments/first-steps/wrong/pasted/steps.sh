# What another cluster once said.

# step: nodes
kubectl get nodes

# step: node-details
kubectl get nodes -o wide

# step: system-pods
echo coredns-66bc5c9577-7xqzp etcd-minikube kube-apiserver-minikube kube-controller-manager-minikube kube-scheduler-minikube

# step: ticktock
kubectl create deployment ticktock --image=bretfisher/clock

# step: two-more
kubectl scale deployment ticktock --replicas=3

# step: last-lines
kubectl logs --selector=app=ticktock --tail=1
