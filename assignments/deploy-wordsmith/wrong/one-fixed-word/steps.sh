# A server that knows a single word, beside the one that is asked for.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl replace -f words.yaml
kubectl rollout status deployment words --timeout=60s

# step: scale-the-api
kubectl scale deployment words --replicas=5
