# All namespaces with a choice, a manifest from kubectl itself, a patch, and pods that are found by their label.

# step: nodes
kubectl get nodes -o json | jq --raw-output '.items[].metadata.name'

# step: node-details
kubectl describe nodes

# step: system-pods
kubectl get pods -A --field-selector=metadata.namespace=kube-system

# step: ticktock
kubectl create deployment ticktock --image=docker.io/bretfisher/clock:latest --dry-run=client -o yaml | kubectl create -f -

# step: two-more
kubectl patch deployment ticktock --patch='{"spec": {"replicas": 3}}'

# step: last-lines
kubectl get pods -l app=ticktock -o name | xargs -n 1 kubectl logs --tail=1
