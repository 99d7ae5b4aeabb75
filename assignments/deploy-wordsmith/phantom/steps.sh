# step: deployments
kubectl apply -f nothing.yaml

# step: services
true

# step: web-frontend
true

# step: scale-the-api
kubectl scale deployment words --replicas=5
