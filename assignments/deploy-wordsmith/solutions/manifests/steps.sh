# Files for everything; to scale, the same file with another number.

# step: deployments
kubectl apply -f db.yaml -f words.yaml -f web.yaml

# step: services
kubectl apply -f services.yaml

# step: web-frontend
kubectl apply -f browser.yaml

# step: scale-the-api
sed 's/replicas: 1/replicas: 5/' words.yaml | kubectl apply -f -
kubectl rollout status deployment words --timeout=60s
