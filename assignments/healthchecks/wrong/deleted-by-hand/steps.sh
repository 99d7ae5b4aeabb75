# A new pod is no restart of a container.

# step: pods
kubectl apply -f pods.yaml

# step: stall
kubectl exec lease -- touch /tmp/stop

# step: dockercoins
kubectl delete -f pods.yaml --now
kubectl apply -f dockercoins.yaml

# step: web
kubectl apply -f web.yaml

# step: overload
kubectl delete pod --selector=app=rng
