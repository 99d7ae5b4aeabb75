# step: nodes
true

# step: node-details
true

# step: system-pods
true

# step: ticktock
kubectl apply -f nothing.yaml

# step: two-more
kubectl scale deployment ticktock --replicas=3

# step: last-lines
true
