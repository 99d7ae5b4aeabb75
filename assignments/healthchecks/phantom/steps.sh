# step: pods
kubectl apply -f pods.yaml

# step: stall
true

# step: dockercoins
kubectl apply -f dockercoins.yaml

# step: web
kubectl apply -f web.yaml

# step: overload
true
