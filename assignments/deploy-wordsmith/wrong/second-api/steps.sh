# A second Deployment whose pod the Service takes, too.

# step: deployments
kubectl create deployment db --image=bretfisher/wordsmith-db
kubectl create deployment web --image=bretfisher/wordsmith-web
kubectl create deployment words --image=bretfisher/wordsmith-words

# step: services
kubectl expose deployment db --port=5432
kubectl expose deployment words --port=8080

# step: web-frontend
kubectl expose deployment web --port=80 --type=NodePort
kubectl create deployment api --image=bretfisher/wordsmith-words --dry-run=client -o yaml |
  sed 's/app: api/app: words/' | kubectl apply -f -
kubectl rollout status deployment api --timeout=60s

# step: scale-the-api
kubectl scale deployment words --replicas=5
